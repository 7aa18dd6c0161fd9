"""A model of CloudWatch: metric filters, metric math and alarms, on metrics per minute.

The embedded AWS rejects alarms with metric math, so this model is the nearest stand-in. It evaluates the alarms of the
packaged template.
"""
