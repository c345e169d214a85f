"""What runs scans."""
