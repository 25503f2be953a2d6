"""Icons, sounds, themes and translations of Deskbell."""
