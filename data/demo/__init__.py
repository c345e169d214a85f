"""A made-up fleet, its zone and its name server, so that everything runs offline (`python -m data.demo`)."""
