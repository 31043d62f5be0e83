"""Load and endurance: Locust's users, the service that they call, and reports with plots."""
