"""Goods and logins to start with; only ever made when asked for (``up --seed``)."""
