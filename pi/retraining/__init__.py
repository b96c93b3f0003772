"""A night: fine-tuning on the owner's digits, in a process of its own.

What a night learns is ``recipe``; when the result is let in is ``gate``; when a night begins
and ends is ``schedule``. ``nightly`` holds one: ``features`` draws the replay set and extracts
features, ``heads`` trains, ``cross_validation`` does so fold by fold, ``candidate`` packs the
result and reads it back, ``promotion`` puts it in service. ``resume_cache`` keeps unfinished
work, ``progress`` tells how far it is, ``night_log``, ``night_words`` and ``night_plot`` what
came of each night.
"""
