"""The login at a company's own server. So far: whether there is a server to log in at."""
