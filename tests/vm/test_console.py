# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person at the console gets: quiet, the shell after giving up and during a wait, another try, the reboot."""

from lab.story import NAME, OTHER, TARGET

PROMPT = "/ # "
SECRET = "correct horse b"
CHAP_WORDS = f'iscsi_username=pi4 "iscsi_password={SECRET}"'
CTRL_C = "\x03"


def test_quiet_leaves_nothing_but_the_root(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(TARGET + " quiet")
    vm.expect_root()
    vm.expect_not(r"(\n|\] )iscsiroot: ")


def test_quiet_still_tells_waits(lab):
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(TARGET + " quiet")
    vm.expect_failure("E28", "connection refused")
    vm.expect("iscsiroot: 10.99.0.1:3260: connection refused, trying again in ")
    lab.tgt.start()
    vm.expect_root()


def test_shell_after_giving_up_and_another_try(lab):
    """iscsi_timeout= ends the wait with reason, remedy and a shell; leaving the shell tries again."""
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET), start=False)
    vm = lab.boot(f"{TARGET} {CHAP_WORDS} iscsi_timeout=15 quiet")
    first = vm.expect_failure("E28", f"cannot log in to {NAME} at 10.99.0.1:3260: connection refused")
    assert "Start the target's iSCSI service" in first
    vm.expect_failure("E28", f"{NAME} at 10.99.0.1:3260: connection refused")
    vm.expect(PROMPT)
    vm.send_line("busybox env; busybox ps; busybox ip addr; echo COUNT=$((40+2))")
    vm.expect("COUNT=42\n")
    vm.expect_not("horse")
    vm.expect_not("can't access tty")
    lab.tgt.start()
    vm.send_line("exit")
    vm.expect(PROMPT.strip() + "[^\n]*exit")
    assert vm.expect_root().targets == [NAME]


def interrupt_wait_and_command(vm):
    """Ctrl-C while a session is tried again opens the shell, and there it ends a command."""
    vm.expect("trying again in ")
    vm.send(CTRL_C)
    vm.expect(PROMPT, timeout=20)
    vm.send_line("busybox sleep 1000")
    vm.run_for(2)
    vm.send(CTRL_C)
    vm.expect(PROMPT, timeout=20)


def test_ctrl_c_during_a_wait_opens_the_shell(lab):
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(TARGET)
    interrupt_wait_and_command(vm)
    vm.send_line("echo COUNT=$((40+2))")
    vm.expect("COUNT=42\n")
    lab.tgt.start()
    vm.send_line("exit")
    vm.expect_root()


def test_each_shell_gets_the_terminal_and_the_root_too(lab):
    """Two shells, in both of which Ctrl-C works; and the console and the kernel's log come back as they were found."""
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(TARGET + " vmtest=shell")
    for _ in range(2):
        interrupt_wait_and_command(vm)
        vm.send_line("exit")
    lab.tgt.start()
    vm.expect_root()
    vm.send_line("busybox stty -a; busybox cat /proc/sys/kernel/printk_devkmsg; echo EN''D")
    modes = vm.expect(r"(?s)speed.*\n(\w+)\nEND")
    assert "isig icanon " in modes[0] and " echo " in modes[0] and modes[1] == "ratelimit"


def test_modules_loaded_anew_in_the_shell(lab):
    """Nothing is in use while the shell is there; afterwards the kernel has other handles for what has the same name."""
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(TARGET)
    vm.expect("trying again in ")
    vm.send(CTRL_C)
    vm.expect(PROMPT, timeout=20)
    vm.send_line("h=/sys/class/iscsi_transport/tcp/handle; was=$(busybox cat $h)")
    vm.send_line("busybox rmmod iscsi_tcp libiscsi_tcp libiscsi scsi_transport_iscsi && busybox modprobe xfs && "
                 "busybox modprobe iscsi_tcp && busybox test $(busybox cat $h) != $was && echo ANO''THER")
    vm.expect("ANOTHER")
    lab.tgt.start()
    vm.send_line("exit")
    vm.expect_root()


ASKED = rf"iscsiroot: {NAME} at 10\.99\.0\.1:3260 demands CHAP; [^\n]*User name: "
HIDDEN = r"iscsiroot: Secret \(not shown\): "
LEAKS = ("busybox dmesg | busybox grep -c -e '[o]rrect.horse' -e 'not show[n]'; "
         "busybox grep -rl '[o]rrect.horse' /proc/[0-9]*/cmdline /proc/[0-9]*/environ /run /etc 2>/dev/null; echo EN''D")


def answer(vm, user, secret):
    """The two lines of the question that is on the console."""
    vm.send(user + "\r")
    vm.expect(HIDDEN)
    vm.send(secret + "\r")


def test_secret_typed_on_the_console(lab):
    """A wrong one first, then the right one; and the keeper logs in by it again. It is in no log, argument or environment."""
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(TARGET + " vmtest=shell")
    vm.expect_failure("E3E", f"cannot log in to {NAME} at 10.99.0.1:3260")
    vm.expect(ASKED)
    answer(vm, "pi4", "wrongwrongwrong")
    vm.expect_failure("E31", "the target refused our CHAP name or secret")
    vm.expect(r"demands CHAP; [^\n]*User name \[pi4\]: ")
    answer(vm, "", SECRET)
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: logged in to {NAME}, CHAP ")
    vm.expect_root()
    lab.tgt.kill()
    lab.tgt.start()
    vm.expect(rf"{NAME} is back after ")
    vm.send_line(LEAKS)
    vm.expect(r"\n0\nEND\n")
    vm.expect_not("orrect horse")
    vm.expect_not("wrongwrong")


def test_nobody_answers_and_the_target_no_longer_asks(lab):
    """The wait for an answer is no wait for the target: that is tried again when it is over. Other targets go on meanwhile."""
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(TARGET)
    vm.expect(ASKED)
    lab.tgt.admin(["account", "unbind", "--tid", "1", "--user", "pi4"])
    vm.expect(rf"\n[^\n]*iscsiroot: {NAME}: nobody answers, going on without a secret", timeout=150)
    vm.expect_root()


def test_user_name_without_a_secret_and_ctrl_c(lab):
    """Asked for before the first login; Ctrl-C opens the shell, and leaving that asks again. An empty answer ends it."""
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(f"{TARGET} iscsi_username=pi4 quiet console=tty0 console=ttyS0")
    vm.expect(f"iscsiroot: {NAME}: the secret is asked for on the console /dev/ttyS0 alone")
    question = r"needs a secret for CHAP; [^\n]*User name \[pi4\]: "
    vm.expect(question)
    vm.send("pi4" + CTRL_C)
    vm.expect(PROMPT)
    vm.send_line("exit")
    vm.expect(question)
    vm.send("\r\r")
    vm.expect_failure("E14", "CHAP needs a user name and a secret, and only one is given .the user name pi4 is in iscsi_username=")
    vm.expect("iscsiroot: a shell for you; leave it with exit to try again, or type reboot -f\n")
    vm.expect(PROMPT)
    vm.send_line("exit")
    vm.expect(question)
    answer(vm, "", SECRET)
    vm.expect_root()


def test_a_data_target_whose_secret_is_not_typed_is_left_out(lab):
    lab.target(NAME, lab.disk())
    lab.target(OTHER, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(f"{TARGET} iscsi_target=iscsi://pi4@10.99.0.1/{OTHER}/1")
    vm.expect(rf"{OTHER} at 10\.99\.0\.1:3260 needs a secret for CHAP")
    vm.send("\r\r")
    vm.expect(f"{OTHER}: the answer is empty, going on without this target")
    vm.expect_root()


def test_nobody_is_asked_with_panic_word(lab):
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(f"{TARGET} panic=3 iscsi_timeout=10")
    vm.expect_failure("E3E", f"cannot log in to {NAME} at 10.99.0.1:3260")
    vm.wait_off(timeout=60)
    vm.expect_not("User name")


def test_panic_word_reboots(lab):
    vm = lab.boot(f"{TARGET} iscsi_timeout=15 panic=3")
    vm.expect(rf"{NAME} at 10\.99\.0\.1:3260: connection refused[^\n]*\[E28\]")
    told = vm.expect(r"\[ *([\d.]+)\] iscsiroot: [^\n]*reboot[^\n]*3 s")
    done = vm.expect(r"\[ *([\d.]+)\] reboot: Restarting system")
    vm.wait_off(timeout=30)
    assert 2.9 < float(done[1]) - float(told[1]) < 10
    assert vm.arrival(done) - vm.arrival(told) > 1, "the line is on the console when it is said, not with the next one"
    vm.expect_not(PROMPT)


def test_panic_word_below_zero_reboots_at_once(lab):
    vm = lab.boot("panic=-1")
    told = vm.expect(r"\[ *([\d.]+)\] iscsiroot: [^\n]*\[E11\]")
    done = vm.expect(r"\[ *([\d.]+)\] reboot: Restarting system")
    vm.wait_off()
    assert float(done[1]) - float(told[1]) < 5
