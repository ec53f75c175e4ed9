"""Emails that start workflows, whichever way they come in."""
