"""What the clinic offers and works with: services and prices, teeth, diagnoses, medicines."""
