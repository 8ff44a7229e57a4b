"""What happens between two rounds: changed parameters, and people who decide for organisations."""
