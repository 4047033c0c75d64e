"""The system calls a worker needs; what is not here, it cannot do.

Measured with `strace -f` on Linux 6.18 with glibc 2.36, over workers that migrate models of every kind (.h5, .keras,
SavedModels with tables and optimisers, weights alone) with TensorFlow 2.15, 2.16, 2.18, 2.19 and 2.20, and over h5py,
NumPy and PyYAML in Python 3.9 to 3.13. Beside each call that was seen stand those that other kernels, glibc versions,
musl and arm64 use for the same.
"""

from __future__ import annotations

import errno

from keras2to3.sandbox.seccomp import Argument, SyscallRule

_MEMORY = """brk mmap munmap mprotect mremap madvise msync mincore membarrier mbind get_mempolicy map_shadow_stack mseal
    arch_prctl"""
_THREADS = """futex futex_waitv set_robust_list set_tid_address rseq gettid getpid getppid exit exit_group sched_yield
    getcpu sched_get_priority_max sched_get_priority_min rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack
    rt_sigtimedwait rt_sigsuspend rt_sigpending pause restart_syscall"""
_TIME = """clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getitimer setitimer alarm
    getrusage"""
_FILES = """read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2
    dup3 flock fsync fdatasync ftruncate fadvise64 copy_file_range sendfile stat lstat fstat newfstatat statx
    statfs fstatfs access faccessat faccessat2 readlink readlinkat getcwd chdir fchdir getdents getdents64
    rmdir unlink unlinkat rename renameat"""
_WAITING = """poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
    eventfd eventfd2 pipe pipe2"""
_FACTS = """uname sysinfo getrandom getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getrlimit
    setrlimit"""
# By `execve` the launcher becomes the worker; landlock limits which programs may run, and none has more rights.
_BECOMING = "execve"

_THREAD = 0x00010F00  # CLONE_VM, _FS, _FILES, _SIGHAND and _THREAD: all is shared
_NAMESPACES = 0x7E020080
_OPEN_MODE, _TRUNCATING = 0x203, 0x200  # O_TRUNC on a file that is opened to be read
_MAKING = 0x400040  # O_CREAT, O_TMPFILE
_SET_ID, _OWNERS = 0o7000, 0o700  # a folder without the latter could not be emptied again
_SHARED, _ANONYMOUS, _GROWS_DOWN, _HUGE = 0x01, 0x20, 0x100, 0x40000
_RENAMES = 0x3  # RENAME_NOREPLACE and _EXCHANGE; a whiteout would be a device
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_QUERY, F_DUPFD_CLOEXEC; none that has a signal sent, and no locks
# of parts of a file, which no limit counts
_DESCRIPTORS = (0, 1, 2, 3, 4, 1027, 1030)
_DEVICES = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS, PR_SVE_GET_VL,
# PR_GET_TAGGED_ADDR_CTRL, PR_SME_GET_VL, PR_SET_VMA, PR_GET_AUXV
_OF_ITSELF = (3, 15, 16, 21, 23, 39, 51, 56, 64, 0x53564D41, 0x41555856)


def rules(pid: int) -> list[SyscallRule]:
    """What the worker with this process id may call, the most frequent first.

    Calls whose absence every library knows are not there, so that it takes an older one, whose arguments can be seen.
    """
    listed = f"{_FILES} {_MEMORY} {_THREADS} {_TIME} {_WAITING} {_FACTS} {_BECOMING}".split()
    special = {rule.name: rule for rule in (*_checked_by_arguments(), *_process_rules(pid), *_absent())}
    return [*(SyscallRule(name) for name in listed if name not in special), *special.values()]


def _checked_by_arguments() -> list[SyscallRule]:
    """Calls on files and memory that are allowed or denied by their arguments."""
    opening = (("open", 1), ("openat", 2))
    making = (("mkdir", 1), ("mkdirat", 2))
    not_shared = Argument(3, (_SHARED | _ANONYMOUS,), _SHARED | _ANONYMOUS, unless=True)
    return [
        *(SyscallRule(name, _open_conditions(flags)) for name, flags in opening),
        *(SyscallRule(name, (Argument(mode, (_OWNERS,), _OWNERS | _SET_ID),)) for name, mode in making),
        # No limit counts memory that is shared without a file, or grows like a stack; huge pages are kept for others.
        SyscallRule("mmap", (not_shared, Argument(3, (0,), _GROWS_DOWN | _HUGE))),
        SyscallRule("fcntl", (Argument(1, _DESCRIPTORS),)),
        SyscallRule("ioctl", (Argument(1, _DEVICES),), otherwise=errno.ENOTTY),
        SyscallRule("prctl", (Argument(0, _OF_ITSELF),)),
        SyscallRule("renameat2", (Argument(4, (0,), ~_RENAMES & 0xFFFFFFFF),)),
    ]


def _open_conditions(flags: int) -> tuple[Argument, ...]:
    """Files opened for reading are not truncated, and new files are not set-user-ID; the mode follows the flags."""
    return (
        Argument(flags, (_TRUNCATING,), _OPEN_MODE, unless=True),
        Argument(flags + 1, (0,), _SET_ID, given=(flags, _MAKING)),
    )


def _process_rules(pid: int) -> list[SyscallRule]:
    """A process that starts threads and ends itself; what it asks or sets is its own."""
    itself = (0, pid)
    return [
        SyscallRule("clone", (Argument(0, (_THREAD,), _THREAD | _NAMESPACES),)),
        *(SyscallRule(name, (Argument(0, (pid,)),)) for name in ("kill", "tgkill")),
        *(SyscallRule(name, (Argument(0, itself),)) for name in ("prlimit64", "sched_getscheduler", "sched_getparam")),
        SyscallRule("sched_getaffinity", (Argument(0, itself),), otherwise=errno.ENOSYS),
        SyscallRule("sched_setaffinity", (Argument(0, (0,)),)),  # TensorFlow 2.20 asks each processor what it can do
    ]


def _absent() -> list[SyscallRule]:
    return [
        *(SyscallRule(name, error=errno.ENOSYS) for name in ("clone3", "openat2", "memfd_create")),
        SyscallRule("fallocate", error=errno.EOPNOTSUPP),  # which no count of written bytes would see
    ]
