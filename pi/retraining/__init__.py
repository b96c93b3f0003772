"""The night: fine-tuning on the owner's digits, and the rule by which it is let in."""
