"""Has the cloud what the template says? A property that was dropped or changed is found here."""
