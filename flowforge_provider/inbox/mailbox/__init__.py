"""IMAP mailboxes that start workflows."""
