"""A stand-in for Stripe's REST API: payment intents, refunds, charges, events and webhooks."""
