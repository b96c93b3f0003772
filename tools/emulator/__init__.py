"""A Raspberry Pi Zero to test on, emulated: its image, the machine, and what is checked on it.

Standard library alone. ``tools/emulate`` is the way in for people; for programs::

    from tools.emulator import image
    from tools.emulator.machine import Machine

    with Machine(image.get(), folder) as pi:
        print(pi.shell("uname -m").text)
        pi.cut_power()
"""
