"""The login at a company's own mail server, and how to find that server. No message is ever sent.

guard.py          where we may connect            login.py      one login; credentials.py, result.py
replies.py        what an answer means            discover.py   the server of an address; probe.py, fetch.py
etiquette.py      when the next login may be      judge.py      a login → the column and its findings
"""
