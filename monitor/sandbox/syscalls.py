"""Lists the Linux system calls that reading a file does not need, with their numbers on each kind of processor.

Only the standard library is used. The numbers are from asm/unistd.h. Below 424, x86_64 has numbers of its own and
aarch64 has the generic ones; from 424 on, both have the same.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_UNKNOWN = 463  # calls from here on are newer than this table, or of another interface (x32 sets a high bit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A kind of processor.

    - `name`: its name, as `uname` gives it. `audit`: its number in the kernel's audit records.
    - `column`: the number of its column in the tables of this module.
    """

    name: str
    audit: int
    column: int

    def numbers(self, table: str) -> dict[str, int]:
        """Return the system calls in a table that exist on this machine: the number of each, keyed by its name."""
        rows = (line.split() for line in table.splitlines() if line and not line.startswith("#"))
        return {row[0]: int(row[self.column]) for row in rows if row[self.column] != "-"}


MACHINES = (
    Machine(name="x86_64", audit=0xC000003E, column=1),  # linux/audit.h
    Machine(name="aarch64", audit=0xC00000B7, column=2),
)

REFUSED = """
# to make or take connections
socket                  41      198
socketpair              53      199
connect                 42      203
bind                    49      200
listen                  50      201
accept                  43      202
accept4                 288     242
# to start a program or a process
execve                  59      221
execveat                322     281
fork                    57      -
vfork                   58      -
# to signal, look into or change another process
tkill                   200     130
rt_sigqueueinfo         129     138
rt_tgsigqueueinfo       297     240
pidfd_open              434     434
pidfd_getfd             438     438
pidfd_send_signal       424     424
ptrace                  101     117
process_vm_readv        310     270
process_vm_writev       311     271
process_madvise         440     440
process_mrelease        448     448
kcmp                    312     272
move_pages              279     239
migrate_pages           256     238
setpriority             141     140
ioprio_set              251     30
sched_setaffinity       203     122
sched_setattr           314     274
sched_setparam          142     118
sched_setscheduler      144     119
setpgid                 109     154
setsid                  112     157
# to share memory or messages with another process
shmget                  29      194
shmat                   30      196
semget                  64      190
msgget                  68      186
mq_open                 240     180
# to write into the file system, or change what is there
creat                   85      -
truncate                76      45
mkdir                   83      -
mkdirat                 258     34
mknod                   133     -
mknodat                 259     33
rmdir                   84      -
unlink                  87      -
unlinkat                263     35
rename                  82      -
renameat                264     38
renameat2               316     276
link                    86      -
linkat                  265     37
symlink                 88      -
symlinkat               266     36
chmod                   90      -
fchmod                  91      52
fchmodat                268     53
fchmodat2               452     452
chown                   92      -
lchown                  94      -
fchown                  93      55
fchownat                260     54
utime                   132     -
utimes                  235     -
futimesat               261     -
utimensat               280     88
setxattr                188     5
lsetxattr               189     6
fsetxattr               190     7
removexattr             197     14
lremovexattr            198     15
fremovexattr            199     16
# to reach a file past its path
name_to_handle_at       303     264
open_by_handle_at       304     265
fanotify_init           300     262
inotify_add_watch       254     27
# to get at the kernel by the ways that most often had holes
io_uring_setup          425     425
io_uring_enter          426     426
io_uring_register       427     427
bpf                     321     280
perf_event_open         298     241
userfaultfd             323     282
keyctl                  250     219
add_key                 248     217
request_key             249     218
personality             135     92
# to rearrange the machine
unshare                 272     97
setns                   308     268
mount                   165     40
umount2                 166     39
mount_setattr           442     442
move_mount              429     429
open_tree               428     428
fsopen                  430     430
fsconfig                431     431
fsmount                 432     432
fspick                  433     433
pivot_root              155     41
chroot                  161     51
init_module             175     105
finit_module            313     273
delete_module           176     106
kexec_load              246     104
kexec_file_load         320     294
reboot                  169     142
swapon                  167     224
swapoff                 168     225
"""

ABSENT = """
# answered as by an older kernel, upon which libc takes the older call: here a filter can't see the arguments
clone3                  435     435
openat2                 437     437
"""

BY_ARGUMENT = """
# allowed or refused by what they are asked
clone                   56      220
kill                    62      129
tgkill                  234     131
prlimit64               302     261
open                    2       -
openat                  257     56
fcntl                   72      25
ioctl                   16      29
"""
