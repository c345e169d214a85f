"""What we know, and since when: companies, DNS answers, verdicts, scans."""
