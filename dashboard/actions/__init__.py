"""What stands between the facts and the screen, and needs no screen: it runs headless."""
