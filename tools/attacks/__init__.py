"""Attacks on the appliance: what is lost by a kill, what a hostile member or input can do."""
