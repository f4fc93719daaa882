"""What a user can ask for: one file per operation, and every option declared once. No torch, no numpy."""
