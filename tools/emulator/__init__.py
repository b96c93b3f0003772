"""A Raspberry Pi Zero to test on, emulated: its image, the machine, and what is checked on it.

Standard library alone. ``tools/emulate`` is the way in for people; for programs::

    from tools.emulator.image import build
    from tools.emulator.machine.machine import Machine

    with Machine(build.get(), folder) as pi:
        print(pi.shell("uname -m").text)
        pi.cut_power()
"""
