"""What people read of a request: card, thread, confirmations, reminders, sessions, history. Pure."""
