"""A night: fine-tuning on the owner's digits, in a process of its own.

What a night learns is ``recipe``; when the result is let in is ``gate``; when a night begins
and ends is ``schedule``. ``nightly`` holds one: ``features`` draws the replay set and extracts
features, ``heads`` trains, ``cross_validation`` does so fold by fold, ``candidate`` saves the
result and reads it back. ``resume_cache`` keeps unfinished work, ``progress`` tells how far it
is, ``night_log`` and ``night_plot`` what came of each night.
"""
