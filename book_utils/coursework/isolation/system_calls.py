"""Which system calls a notebook may not make: a filter that bubblewrap hands to the kernel.

What it keeps out either reaches past the namespaces (vsock reaches the host of a virtual machine,
whatever the network namespace says), holds memory that no limit counts (memfd, System V), or is
a part of the kernel that notebooks do not need and attackers like.
"""

from __future__ import annotations

import errno
import platform
import struct

# Name: number on x86_64, number on aarch64 (None where it is not there).
DENIED = {
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "ptrace": (101, 117),
    "syslog": (103, 116),
    "personality": (135, 92),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "acct": (163, 89),
    "mount": (165, 40),
    "umount2": (166, 39),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "quotactl": (179, 60),
    "mq_open": (240, 180),
    "kexec_load": (246, 104),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "perf_event_open": (298, 241),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "finit_module": (313, 273),
    "memfd_create": (319, 279),
    "kexec_file_load": (320, 294),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "pidfd_getfd": (438, 438),
    "mount_setattr": (442, 442),
    "memfd_secret": (447, 447),
}
SOCKET = (41, 198)
FAMILIES = (1, 2, 10)  # unix, inet, inet6: these end at the walls of the network namespace
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

LOAD, EQUAL, ABOVE, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, MACHINE, FIRST = 0, 4, 16  # places in the kernel's record of a call


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def system_call_filter() -> bytes | None:
    """The filter as the kernel reads it, or None on a machine that it is not written for."""
    if platform.machine() not in MACHINES:
        return None
    column, machine = MACHINES[platform.machine()]
    denied = [numbers[column] for numbers in DENIED.values()]
    lines = [
        _line(LOAD, MACHINE),
        _line(EQUAL, machine, yes=1),
        _line(RETURN, KILL),
        _line(LOAD, NUMBER),
    ]
    # The second table of calls that x86_64 has, where every number stands again.
    lines += [_line(ABOVE, 0x40000000, no=1), _line(RETURN, ERROR | errno.ENOSYS)]
    lines += [_line(EQUAL, SOCKET[column], no=3 + len(FAMILIES)), _line(LOAD, FIRST)]
    for left in range(len(FAMILIES), 0, -1):
        lines.append(_line(EQUAL, FAMILIES[-left], yes=left))
    lines += [_line(RETURN, ERROR | errno.EAFNOSUPPORT), _line(RETURN, ALLOW)]
    for left, number in zip(range(len(denied), 0, -1), denied, strict=True):
        lines.append(_line(EQUAL, number, yes=left))
    lines += [_line(RETURN, ALLOW), _line(RETURN, ERROR | errno.EPERM)]
    return b"".join(lines)
