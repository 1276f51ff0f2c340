"""The eye network: lids and irises, looked at once more in the landmarks' crop."""
