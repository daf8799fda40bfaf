"""The record of every change and look."""
