/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The room of system calls, on the running system: files and a directory below a temporary directory, children,
 * loopback TCP, name resolution, a pseudo terminal as console. What changes mounts runs in a child with a mount
 * namespace of its own, and is skipped without the right to make one. Starting the shell, switching root and reboot
 * need a machine of their own: tests/vm.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "namespace.h"
#include "sys/sys.h"

static char scratch[] = "/tmp/iscsiroot-test-XXXXXX";
static char path_buffer[512];

/* A path below the scratch directory; valid until the next call. */
static const char *in_scratch(const char *name)
{
	snprintf(path_buffer, sizeof path_buffer, "%s/%s", scratch, name);
	return path_buffer;
}

static void put_file(const char *path, const void *bytes, size_t n_bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, bytes, n_bytes) == (ssize_t)n_bytes);
	close(fd);
}

static bool readable_within(int fd, int timeout_ms)
{
	struct pollfd item = {.fd = fd, .events = POLLIN};
	return poll(&item, 1, timeout_ms) == 1;
}

static int count_descriptors(void)
{
	struct dir d;
	int n = 0;
	assert_int_equal(dir_open(&d, "/proc/self/fd"), 0);
	while (dir_next(&d) != NULL)
		n++;
	return n;
}

/* --- entropy --- */

static void random_bytes_are_not_the_same(void **state)
{
	(void)state;
	uint8_t a[17] = {0}, b[17] = {0};
	static const uint8_t zeros[sizeof a];
	assert_int_equal(entropy_read(a, sizeof a), 0);
	assert_int_equal(entropy_read(b, sizeof b), 0);
	assert_memory_not_equal(a, zeros, sizeof a);
	assert_memory_not_equal(a, b, sizeof a);
}

/* --- clock --- */

static void clock_counts_milliseconds(void **state)
{
	(void)state;
	int64_t before = clock_now_ms();
	poll(NULL, 0, 20);
	int64_t passed = clock_now_ms() - before;
	assert_true(passed >= 19 && passed < 10000);
}

/* --- file --- */

static void reads_text(void **state)
{
	(void)state;
	static const struct {
		const char *content;
		ssize_t n_expected;
		const char *expected;
	} cases[] = {
		{"", 0, ""},
		{"\n", 0, ""},
		{"abc", 3, "abc"},
		{"abc\n", 3, "abc"},
		{"abc\n\n", 4, "abc\n"},
		{"1234567", 7, "1234567"},
		{"123456\n", 6, "123456"},
		{"12345678", -EFBIG, ""},
		{"1234567\n", -EFBIG, ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[8] = "dirty";
		put_file(in_scratch("text"), cases[i].content, strlen(cases[i].content));
		assert_int_equal(file_read_text(path_buffer, out, sizeof out), cases[i].n_expected);
		assert_string_equal(out, cases[i].expected);
	}
	char out[8] = "dirty";
	assert_int_equal(file_read_text(in_scratch("missing"), out, sizeof out), -ENOENT);
	assert_string_equal(out, "");
	assert_int_equal(file_read_text(scratch, out, sizeof out), -EISDIR);
}

static void reads_bytes(void **state)
{
	(void)state;
	uint8_t out[4];
	put_file(in_scratch("bytes"), "a\0b\n", 4);
	assert_int_equal(file_read_bytes(path_buffer, out, sizeof out), 4);
	assert_memory_equal(out, "a\0b\n", 4);
	assert_int_equal(file_read_bytes(path_buffer, out, 2), 2);
	assert_int_equal(file_read_bytes(in_scratch("missing"), out, sizeof out), -ENOENT);
}

static void writes_existing_files_only(void **state)
{
	(void)state;
	char out[16];
	put_file(in_scratch("attribute"), "1234", 4);
	assert_int_equal(file_write_text(path_buffer, "56"), 0);
	file_read_text(path_buffer, out, sizeof out);
	assert_string_equal(out, "5634"); /* not truncated: sysfs has nothing to truncate */
	assert_int_equal(file_write_text(in_scratch("missing"), "x"), -ENOENT);
	assert_false(file_exists(path_buffer));
	assert_int_equal(file_write_text("/dev/full", "x"), -ENOSPC);
}

static void creates_with_exact_mode(void **state)
{
	(void)state;
	const mode_t modes[] = {0600, 0644, 0666, 0755};
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		struct stat st;
		char out[16];
		assert_int_equal(file_create(in_scratch("created"), "text\n", modes[i]), 0);
		assert_int_equal(stat(path_buffer, &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
		assert_int_equal(file_read_text(path_buffer, out, sizeof out), 4);
		assert_false(file_exists(in_scratch("created.tmp")));
	}
}

static void creates_without_following_links(void **state)
{
	(void)state;
	char victim[512], out[16];
	snprintf(victim, sizeof victim, "%s", in_scratch("victim"));
	put_file(victim, "untouched", 9);
	assert_int_equal(symlink(victim, in_scratch("trap")), 0);
	assert_int_equal(symlink(victim, in_scratch("trap.tmp")), 0);
	assert_int_equal(file_create(in_scratch("trap"), "new", 0600), 0);
	file_read_text(path_buffer, out, sizeof out);
	assert_string_equal(out, "new");
	file_read_text(victim, out, sizeof out);
	assert_string_equal(out, "untouched");
	assert_int_equal(file_create(in_scratch("missing/x"), "new", 0600), -ENOENT);
	assert_int_equal(file_make_dir(in_scratch("taken"), 0700), 0);
	assert_int_equal(file_create(in_scratch("taken"), "new", 0600), -EISDIR);
	assert_false(file_exists(in_scratch("taken.tmp")));
}

static void makes_directories(void **state)
{
	(void)state;
	assert_int_equal(file_make_dir(in_scratch("directory"), 0755), 0);
	assert_int_equal(file_make_dir(path_buffer, 0755), 0);
	assert_true(file_exists(path_buffer));
	put_file(in_scratch("plain"), "", 0);
	assert_int_equal(file_make_dir(path_buffer, 0755), -ENOTDIR);
	assert_int_equal(file_make_dir(in_scratch("missing/x"), 0755), -ENOENT);
}

static void reads_links(void **state)
{
	(void)state;
	char out[8];
	assert_int_equal(symlink("1234567", in_scratch("link")), 0);
	assert_int_equal(file_read_link(path_buffer, out, sizeof out), 0);
	assert_string_equal(out, "1234567");
	assert_int_equal(file_read_link(path_buffer, out, 7), -ENAMETOOLONG);
	assert_int_equal(file_read_link(scratch, out, sizeof out), -EINVAL);
}

/* --- dir --- */

static void lists_every_name_once(void **state)
{
	(void)state;
	enum { N = 500 }; /* several buffers full */
	static bool seen[N];
	struct dir d;
	char name[64];
	assert_int_equal(file_make_dir(in_scratch("many"), 0755), 0);
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof name, "many/entry-%d-with-a-long-name", i);
		put_file(in_scratch(name), "", 0);
	}
	int n_descriptors = count_descriptors();
	assert_int_equal(dir_open(&d, in_scratch("many")), 0);
	const char *entry;
	int n_seen = 0;
	while ((entry = dir_next(&d)) != NULL) {
		int number = -1;
		assert_int_equal(sscanf(entry, "entry-%d-", &number), 1);
		assert_true(number >= 0 && number < N && !seen[number]);
		seen[number] = true;
		n_seen++;
	}
	assert_int_equal(n_seen, N);
	assert_null(dir_next(&d));
	assert_int_equal(count_descriptors(), n_descriptors);
}

static void closes_a_listing_early(void **state)
{
	(void)state;
	struct dir d;
	int n_descriptors = count_descriptors();
	assert_int_equal(dir_open(&d, "/proc"), 0);
	assert_non_null(dir_next(&d));
	dir_close(&d);
	assert_null(dir_next(&d));
	dir_close(&d);
	assert_int_equal(count_descriptors(), n_descriptors);
	assert_int_equal(dir_open(&d, in_scratch("missing")), -ENOENT);
	put_file(in_scratch("plain"), "", 0);
	assert_int_equal(dir_open(&d, path_buffer), -ENOTDIR);
}

/* --- netlink --- */

static void netlink_says_what_is_wrong(void **state)
{
	(void)state;
	uint8_t small[8];
	const uint32_t request[5] = {20, 18 | (0x301 << 16), 1, 0, 0}; /* RTM_GETLINK, a dump */
	int fd = netlink_open(0, 0);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(netlink_receive(fd, small, sizeof small), -EAGAIN);
	assert_int_equal(netlink_send(fd, request, sizeof request), 0);
	assert_int_equal(netlink_receive(fd, small, sizeof small), -EMSGSIZE);
	close(fd);
	assert_true(netlink_open(31, 0) < 0);
	assert_int_equal(netlink_send(-1, request, sizeof request), -EBADF);
}

/* Another process's message is not taken for the kernel's. NETLINK_USERSOCK carries messages between processes. */
static void netlink_drops_what_others_send(void **state)
{
	(void)state;
	enum { NETLINK_USERSOCK = 2 };
	struct {
		unsigned short family, pad;
		uint32_t pid, groups;
	} to = {AF_NETLINK, 0, 0, 0};
	socklen_t n_to = sizeof to;
	uint8_t out[64];
	int fd = netlink_open(NETLINK_USERSOCK, 0);
	int other = netlink_open(NETLINK_USERSOCK, 0);
	if (fd == -EPROTONOSUPPORT)
		skip();
	assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &n_to), 0);
	assert_int_equal(sendto(other, "forged", 6, 0, (struct sockaddr *)&to, sizeof to), 6);
	assert_true(readable_within(fd, 1000));
	assert_int_equal(netlink_receive(fd, out, sizeof out), -EAGAIN);
	assert_false(readable_within(fd, 0));
	close(fd);
	close(other);
}

/* --- tcp --- */

static struct tcp_address address_of(const char *text, uint16_t port, uint32_t scope)
{
	struct ip_address ip;
	struct tcp_address a;
	assert_true(text_ip(span_of(text), &ip));
	tcp_address_make(&a, &ip, port, scope);
	return a;
}

static void formats_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *ip;
		uint32_t scope;
		const char *expected;
	} cases[] = {
		{"10.0.0.5", 0, "10.0.0.5"},           {"2001:db8::5", 0, "2001:db8::5"}, {"fe80::1", 1, "fe80::1%lo"},
		{"fe80::1", 999999, "fe80::1%999999"}, {"10.0.0.5", 1, "10.0.0.5"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[IP_TEXT_BYTES];
		struct tcp_address a = address_of(cases[i].ip, 3260, cases[i].scope);
		tcp_address_format(&a, out);
		assert_string_equal(out, cases[i].expected);
	}
	struct tcp_address v4 = address_of("10.0.0.5", 3260, 0);
	const struct sockaddr_in *in = (const struct sockaddr_in *)&v4.storage;
	assert_int_equal(v4.n_bytes, sizeof *in);
	assert_int_equal(ntohs(in->sin_port), 3260);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0x0a000005);
	struct tcp_address v6 = address_of("fe80::1", 860, 7);
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&v6.storage;
	assert_int_equal(v6.n_bytes, sizeof *in6);
	assert_int_equal(ntohs(in6->sin6_port), 860);
	assert_int_equal(in6->sin6_scope_id, 7);
}

/* A listening socket on loopback; its port goes to *port. */
static int listen_on_loopback(uint16_t *port)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n_own = sizeof own;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &n_own), 0);
	*port = ntohs(own.sin_port);
	return fd;
}

static int connect_to(const struct tcp_address *a)
{
	int fd = -1;
	int result = tcp_connect(a, 0, &fd);
	if (result != -EINPROGRESS) {
		close(fd);
		return result;
	}
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	struct pollfd item = {.fd = fd, .events = POLLOUT};
	assert_int_equal(poll(&item, 1, 5000), 1);
	result = tcp_connect_result(fd);
	close(fd);
	return result;
}

/* The loopback's MTU is 65536. */
static void packets_are_as_long_as_asked_for(void **state)
{
	(void)state;
	uint16_t port;
	int listener = listen_on_loopback(&port), fd = -1;
	struct tcp_address a = address_of("127.0.0.1", port, 0);
	for (uint32_t packet_max = 0; packet_max <= 1500; packet_max += 1500) {
		tcp_connect(&a, packet_max, &fd);
		struct pollfd item = {.fd = fd, .events = POLLOUT};
		assert_int_equal(poll(&item, 1, 5000), 1);
		int accepted = accept(listener, NULL, NULL);
		assert_int_equal(tcp_packet_bytes(fd) == 1500, packet_max == 1500);
		assert_int_equal(tcp_packet_bytes(accepted) == 1500, packet_max == 1500);
		close(accepted);
		close(fd);
	}
	close(listener);
}

static void connects(void **state)
{
	(void)state;
	uint16_t port;
	int listener = listen_on_loopback(&port);
	struct tcp_address a = address_of("127.0.0.1", port, 0);
	assert_int_equal(connect_to(&a), 0);
	close(listener);
	assert_int_equal(connect_to(&a), -ECONNREFUSED);
	struct tcp_address none = {0}, broadcast = address_of("255.255.255.255", 3260, 0);
	int fd = -1, n_descriptors = count_descriptors();
	assert_true(tcp_connect(&none, 0, &fd) < 0);
	assert_true(tcp_connect(&broadcast, 0, &fd) < 0); /* refused at once */
	assert_int_equal(fd, -1);
	assert_int_equal(count_descriptors(), n_descriptors);
	assert_int_equal(tcp_connect_result(-1), -EBADF);
}

/* --- resolve --- */

static int resolved(const char *host, char out[static IP_TEXT_BYTES])
{
	struct errand r;
	struct tcp_address a;
	assert_int_equal(resolve_start(&r, host, 3260), 0);
	assert_true(r.pid > 0);
	assert_true(readable_within(r.fd, 60000));
	int result = resolve_finish(&r, &a);
	assert_int_equal(r.pid, 0);
	assert_int_equal(r.fd, -1);
	if (result == 0)
		tcp_address_format(&a, out);
	if (result == 0) /* the port is at the same place in both families */
		assert_int_equal(ntohs(((const struct sockaddr_in *)&a.storage)->sin_port), 3260);
	return result;
}

static void resolves_names(void **state)
{
	(void)state;
	char text[IP_TEXT_BYTES] = "";
	int n_descriptors = count_descriptors();
	if (file_exists("/etc/hosts")) {
		assert_int_equal(resolved("localhost", text), 0);
		assert_true(strcmp(text, "127.0.0.1") == 0 || strcmp(text, "::1") == 0);
	}
	assert_int_equal(resolved("192.0.2.7", text), 0);
	assert_string_equal(text, "192.0.2.7");
	assert_int_equal(resolved("2001:db8::7", text), 0);
	assert_string_equal(text, "2001:db8::7");
	assert_int_equal(resolved("fe80::7%lo", text), 0);
	assert_string_equal(text, "fe80::7%lo");
	assert_int_equal(resolved("not a name", text), -ENOENT);
	assert_int_equal(count_descriptors(), n_descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void cancels_a_resolution(void **state)
{
	(void)state;
	struct errand r;
	int n_descriptors = count_descriptors();
	assert_int_equal(resolve_start(&r, "localhost", 3260), 0);
	errand_cancel(&r);
	errand_cancel(&r);
	assert_int_equal(r.fd, -1);
	assert_int_equal(count_descriptors(), n_descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void notices_a_dead_resolver(void **state)
{
	(void)state;
	int ends[2];
	struct tcp_address a;
	assert_int_equal(pipe(ends), 0);
	struct errand r = {.pid = fork(), .fd = ends[0]};
	if (r.pid == 0)
		_exit(0);
	close(ends[1]);
	assert_int_equal(resolve_finish(&r, &a), -EIO);
	assert_int_equal(r.pid, 0);
}

/* --- child --- */

static int run_shell(const char *script, const char *const environment[], unsigned flags)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct child c;
	assert_int_equal(child_spawn(&c, argv, environment, flags), 0);
	assert_true(c.pid > 0);
	child_wait(&c);
	assert_int_equal(c.pid, 0);
	return child_exit_status(&c);
}

static void reports_how_children_end(void **state)
{
	(void)state;
	assert_int_equal(run_shell("exit 0", NULL, 0), 0);
	assert_int_equal(run_shell("exit 77", NULL, 0), 77);
	assert_int_equal(run_shell("kill -TERM $$", NULL, 0), 128 + SIGTERM);
}

static void gives_children_a_clean_world(void **state)
{
	(void)state;
	const char *const environment[] = {"A=1", "B=two words", NULL};
	setenv("LEAK", "yes", 1);
	assert_int_equal(run_shell("test -z \"$LEAK$A\"", NULL, 0), 0);
	assert_int_equal(run_shell("test -z \"$LEAK\" && test \"$A$B\" = '1two words'", environment, 0), 0);
	put_file(in_scratch("stdin"), "our own input\n", 14);
	int own = dup(STDIN_FILENO), input = open(path_buffer, O_RDONLY | O_CLOEXEC);
	dup2(input, STDIN_FILENO);
	assert_int_equal(run_shell("test -c /dev/stdin && ! read line", NULL, 0), 0);
	dup2(own, STDIN_FILENO);
	close(own);
	close(input);
	assert_int_equal(run_shell("test -c /dev/stdout && test -c /dev/stderr", NULL, CHILD_QUIET), 0);
	assert_int_equal(run_shell("echo this must not be seen; echo nor this >&2", NULL, CHILD_QUIET), 0);
}

/* SIGCHLD is blocked here for the signalfd and SIGPIPE ignored; neither reaches a child. */
static void resets_signals_of_children(void **state)
{
	(void)state;
	const char *script = "while read key value; do case $key in SigBlk:|SigIgn:) "
			     "test \"$value\" = 0000000000000000 || exit 1;; esac; done </proc/self/status";
	signal(SIGPIPE, SIG_IGN);
	int fd = child_signal_fd();
	assert_int_equal(run_shell(script, NULL, 0), 0);
	sigset_t blocked;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	assert_true(sigismember(&blocked, SIGCHLD)); /* the parent keeps its own */
	assert_true(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
	close(fd);
}

static void reports_what_cannot_run(void **state)
{
	(void)state;
	const char *const missing[] = {"/missing/program", NULL};
	const char *const directory[] = {"/tmp", NULL};
	struct child c;
	assert_int_equal(child_spawn(&c, missing, NULL, 0), -ENOENT);
	assert_int_equal(c.pid, 0);
	assert_int_equal(child_spawn(&c, directory, NULL, 0), -EACCES);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void signals_the_end_of_a_child(void **state)
{
	(void)state;
	const char *const argv[] = {"/bin/sleep", "0.1", NULL};
	struct child c;
	int fd = child_signal_fd();
	assert_true(fd >= 0);
	child_signal_drain(fd); /* of earlier tests' children */
	assert_int_equal(child_spawn(&c, argv, NULL, 0), 0);
	assert_false(child_ended(&c));
	assert_true(readable_within(fd, 10000));
	child_signal_drain(fd);
	assert_false(readable_within(fd, 0));
	assert_true(child_ended(&c));
	assert_true(child_ended(&c));
	assert_int_equal(child_exit_status(&c), 0);
	close(fd);
}

static void kills_children(void **state)
{
	(void)state;
	const char *const argv[] = {"/bin/sleep", "1000", NULL};
	struct child c;
	assert_int_equal(child_spawn(&c, argv, NULL, 0), 0);
	child_kill(&c);
	assert_int_equal(c.pid, 0);
	assert_int_equal(child_exit_status(&c), 128 + SIGKILL);
	child_kill(&c); /* nothing left to kill */
}

static int exit_with(void *argument)
{
	return *(const int *)argument;
}

static void forks_work(void **state)
{
	(void)state;
	int status = 42;
	struct child c;
	assert_int_equal(child_fork(&c, exit_with, &status), 0);
	child_wait(&c);
	assert_int_equal(child_exit_status(&c), 42);
}

static void survives_a_stolen_child(void **state)
{
	(void)state;
	int status = 0;
	struct child c;
	assert_int_equal(child_fork(&c, exit_with, &status), 0);
	assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
	assert_true(child_ended(&c));
	assert_int_equal(child_exit_status(&c), 127);
}

/* --- console --- */

struct terminal {
	int master;
	struct console console; /* the other end */
};

static void open_terminal(struct terminal *t)
{
	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(t->master >= 0 && grantpt(t->master) == 0 && unlockpt(t->master) == 0);
	int fd = open(ptsname(t->master), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	t->console = (struct console){.fd = fd};
}

static void close_terminal(struct terminal *t)
{
	close(t->console.fd);
	close(t->master);
}

static void type(struct terminal *t, const char *text)
{
	assert_int_equal(write(t->master, text, strlen(text)), (ssize_t)strlen(text));
}

static void sees_ctrl_c(void **state)
{
	(void)state;
	struct terminal t;
	open_terminal(&t);
	console_watch(&t.console);
	assert_true(t.console.watched);
	assert_false(console_interrupted(&t.console));
	type(&t, "hello\rworld");
	assert_false(console_interrupted(&t.console));
	type(&t, "abc\003def");
	assert_true(readable_within(t.console.fd, 1000));
	assert_true(console_interrupted(&t.console));
	assert_false(console_interrupted(&t.console));
	char much[200];
	memset(much, 'x', sizeof much);
	much[3] = '\003'; /* early in more than one read */
	much[sizeof much - 1] = '\0';
	type(&t, much);
	assert_true(readable_within(t.console.fd, 1000));
	assert_true(console_interrupted(&t.console));
	assert_true(t.console.watched);
	assert_false(readable_within(t.master, 50)); /* nothing was echoed */
	close_terminal(&t);
}

static void restores_the_terminal(void **state)
{
	(void)state;
	struct terminal t;
	struct termios before, during, after;
	open_terminal(&t);
	tcgetattr(t.console.fd, &before);
	console_watch(&t.console);
	console_watch(&t.console); /* again: must not save the raw mode */
	tcgetattr(t.console.fd, &during);
	assert_int_equal(during.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_true(during.c_oflag & OPOST); /* lines still begin at the left */
	console_unwatch(&t.console);
	console_unwatch(&t.console);
	tcgetattr(t.console.fd, &after);
	assert_int_equal(after.c_lflag, before.c_lflag);
	assert_int_equal(after.c_iflag, before.c_iflag);
	assert_false(t.console.watched);
	type(&t, "\004");
	assert_false(console_interrupted(&t.console)); /* not watched: nothing is read */
	close_terminal(&t);
}

static void stops_watching_a_hung_up_console(void **state)
{
	(void)state;
	struct terminal t;
	open_terminal(&t);
	console_watch(&t.console);
	close(t.master);
	assert_false(console_interrupted(&t.console));
	assert_false(t.console.watched);
	close(t.console.fd);
}

static void writes_lines(void **state)
{
	(void)state;
	struct terminal t;
	char out[64] = "";
	open_terminal(&t);
	console_write(&t.console, "one\ntwo\n");
	assert_true(readable_within(t.master, 1000));
	assert_true(read(t.master, out, sizeof out - 1) > 0);
	assert_string_equal(out, "one\r\ntwo\r\n");
	close_terminal(&t);
}

static void does_not_hang_on_a_stopped_console(void **state)
{
	(void)state;
	static char much[1 << 20];
	struct terminal t;
	memset(much, 'x', sizeof much - 1);
	open_terminal(&t);
	int64_t before = clock_now_ms();
	console_write(&t.console, much);
	assert_true(clock_now_ms() - before < 30000);
	close_terminal(&t);
}

static void works_without_a_console(void **state)
{
	(void)state;
	struct console none = {.fd = -1};
	console_write(&none, "text");
	console_watch(&none);
	assert_false(none.watched);
	assert_false(console_interrupted(&none));
	console_unwatch(&none);
	struct console no_terminal = {.fd = open("/dev/null", O_RDWR | O_CLOEXEC)};
	console_watch(&no_terminal);
	assert_false(no_terminal.watched);
	close(no_terminal.fd);
}

/* --- block --- */

static void reads_blocks(void **state)
{
	(void)state;
	uint8_t content[3000], out[3000];
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 7);
	put_file(in_scratch("image"), content, sizeof content);
	int fd = block_open(path_buffer);
	assert_true(fd >= 0);
	assert_int_equal(block_size_bytes(fd), sizeof content);
	assert_int_equal(block_logical_bytes(fd), 512);
	assert_int_equal(block_read(fd, out, 100, 50), 100);
	assert_memory_equal(out, content + 50, 100);
	assert_int_equal(block_read(fd, out, sizeof out, 2990), 10);
	assert_memory_equal(out, content + 2990, 10);
	assert_int_equal(block_read(fd, out, sizeof out, 3000), 0);
	assert_true(block_read(fd, out, 1, UINT64_MAX) < 0);
	close(fd);
	assert_int_equal(block_open(in_scratch("missing")), -ENOENT);
	assert_int_equal(block_read(-1, out, 1, 0), -EBADF);
	assert_int_equal(block_size_bytes(-1), 0);
}

/* --- mount and switch --- */

static int try_mounts(void)
{
	char from[512], to[512];
	snprintf(from, sizeof from, "%s", in_scratch("from"));
	snprintf(to, sizeof to, "%s", in_scratch("to"));
	file_make_dir(from, 0755);
	file_make_dir(to, 0755);
	EXPECT(mount_is_point("/") && mount_is_point("/proc"));
	EXPECT(!mount_is_point(from) && !mount_is_point(in_scratch("missing")));
	EXPECT(mount_file_system("tmpfs", from, "tmpfs", MS_NOSUID, "size=64k") == 0);
	EXPECT(mount_is_point(from));
	put_file(in_scratch("from/mark"), "", 0);
	EXPECT(mount_move(from, to) == 0);
	EXPECT(!mount_is_point(from) && mount_is_point(to) && file_exists(in_scratch("to/mark")));
	EXPECT(mount_unmount(to) == 0);
	EXPECT(!mount_is_point(to) && mount_unmount(to) == -EINVAL);
	EXPECT(mount_file_system("x", to, "nosuchfs", 0, NULL) == -ENODEV);
	return 0;
}

static void mounts(void **state)
{
	(void)state;
	in_namespace(try_mounts);
}

/* A tree as an initramfs: many files, depth, links out of it, another file system inside. */
static int fill_initramfs(void)
{
	char name[256] = "initramfs/deep";
	for (int i = 0; i < 300; i++) {
		char file[64];
		snprintf(file, sizeof file, "initramfs/file-with-a-long-name-%d", i);
		put_file(in_scratch(file), "x", 1);
	}
	for (int depth = 0; depth < 20; depth++) {
		EXPECT(file_make_dir(in_scratch(name), 0755) == 0);
		strcat(name, "/d");
	}
	put_file(in_scratch("initramfs/deep/d/d/file"), "x", 1);
	EXPECT(symlink("/", in_scratch("initramfs/link")) == 0);
	EXPECT(symlink(scratch, in_scratch("initramfs/deep/d/link")) == 0);
	EXPECT(mkfifo(in_scratch("initramfs/fifo"), 0600) == 0);
	EXPECT(file_make_dir(in_scratch("initramfs/new_root"), 0755) == 0);
	EXPECT(mount_file_system("tmpfs", path_buffer, "tmpfs", 0, NULL) == 0);
	put_file(in_scratch("initramfs/new_root/precious"), "x", 1);
	return 0;
}

static int try_emptying(void)
{
	put_file(in_scratch("outside"), "x", 1);
	file_make_dir(in_scratch("initramfs"), 0755);
	EXPECT(mount_file_system("tmpfs", path_buffer, "tmpfs", 0, NULL) == 0);
	int line = fill_initramfs();
	if (line != 0)
		return line;
	int fd = open(in_scratch("initramfs"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT(switch_empty_initramfs(fd) == 0);
	close(fd);
	EXPECT(file_exists(in_scratch("initramfs/new_root/precious")));
	EXPECT(file_exists(in_scratch("outside")));
	struct dir d;
	EXPECT(dir_open(&d, in_scratch("initramfs")) == 0);
	const char *name = dir_next(&d);
	EXPECT(name != NULL && strcmp(name, "new_root") == 0);
	EXPECT(dir_next(&d) == NULL);
	return 0;
}

static void empties_the_initramfs_and_nothing_else(void **state)
{
	(void)state;
	in_namespace(try_emptying);
}

/* proc stands for any file system that is not made of memory. */
static void empties_nothing_but_memory(void **state)
{
	(void)state;
	int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(switch_empty_initramfs(fd), -EINVAL);
	close(fd);
	assert_int_equal(switch_empty_initramfs(-1), -EBADF);
}

struct init_question {
	const char *root, *init;
};

static int look_inside(void *argument)
{
	const struct init_question *question = argument;
	int error = switch_look_inside(question->root);
	return -(error != 0 ? error : switch_check_init(question->init));
}

/* As the boot does it: in a child. */
static int check_init(const char *root, const char *init)
{
	struct child child;
	struct init_question question = {root, init};
	assert_int_equal(child_fork(&child, look_inside, &question), 0);
	child_wait(&child);
	return -child_exit_status(&child);
}

static void looks_for_init_inside_the_root(void **state)
{
	(void)state;
	char root[512];
	if (geteuid() != 0) {
		print_message("no right to chroot: skipped\n");
		skip();
	}
	file_make_dir(in_scratch("root"), 0755);
	file_make_dir(in_scratch("root/sbin"), 0755);
	file_make_dir(in_scratch("root/lib"), 0755);
	snprintf(root, sizeof root, "%s", in_scratch("root"));
	assert_int_equal(check_init(root, "/sbin/init"), -ENOENT);
	assert_int_equal(symlink("/lib/systemd", in_scratch("root/sbin/init")),
			 0); /* only inside is there such a file */
	assert_int_equal(check_init(root, "/sbin/init"), -ENOENT);
	assert_int_equal(file_create(in_scratch("root/lib/systemd"), "#!", 0755), 0);
	assert_int_equal(check_init(root, "/sbin/init"), 0);
	assert_int_equal(file_create(in_scratch("root/lib/systemd"), "#!", 0644), 0);
	assert_int_equal(check_init(root, "/sbin/init"), -EACCES);
	assert_int_equal(check_init(root, "/sbin"), -EACCES);
	assert_int_equal(check_init(root, "/bin/sh"), -ENOENT); /* only outside is there such a file */
	assert_int_equal(check_init(in_scratch("missing"), "/sbin/init"), -ENOENT);
}

/* A root made of one tmpfs takes the place of /. */
static int try_switching(void)
{
	char out[16], root[512];
	file_make_dir(in_scratch("new"), 0755);
	snprintf(root, sizeof root, "%s", in_scratch("new"));
	EXPECT(switch_root_to(root) == -EINVAL); /* not a mount */
	EXPECT(mount_file_system("tmpfs", root, "tmpfs", 0, NULL) == 0);
	put_file(in_scratch("new/mark"), "here", 4);
	EXPECT(switch_root_to(root) == 0);
	EXPECT(file_read_text("/mark", out, sizeof out) == 4);
	EXPECT(!file_exists("/proc") && !file_exists(scratch));
	EXPECT(getcwd(out, sizeof out) != NULL && strcmp(out, "/") == 0);
	return 0;
}

static void switches_root(void **state)
{
	(void)state;
	in_namespace(try_switching);
}

static int set_up(void **state)
{
	(void)state;
	umask(022);
	return mkdtemp(scratch) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	const char *const argv[] = {"/bin/rm", "-rf", scratch, NULL};
	struct child c;
	if (child_spawn(&c, argv, NULL, 0) == 0)
		child_wait(&c);
	return child_exit_status(&c);
}

/* --- processes --- */

static int find_named(uid_t user, const char *name)
{
	struct process found[2];
	int proc_fd = dir_handle("/proc"), ends[2];
	char byte = 0;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		bool good = setuid(user) == 0 && prctl(PR_SET_NAME, name) == 0 && write(ends[1], &byte, 1) == 1;
		alarm(60);
		pause();
		_exit(!good);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	int n = process_find(proc_fd, name, 0, found, 2);
	for (int i = 0; i < n; i++)
		process_close(&found[i]);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
	dir_handle_close(proc_fd);
	return n;
}

static void a_process_counts_when_it_is_of_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(find_named(0, "iscsid-of-root"), 1);
	assert_int_equal(find_named(65534, "iscsid-of-other"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_counts_milliseconds),
		cmocka_unit_test(reads_text),
		cmocka_unit_test(reads_bytes),
		cmocka_unit_test(writes_existing_files_only),
		cmocka_unit_test(creates_with_exact_mode),
		cmocka_unit_test(creates_without_following_links),
		cmocka_unit_test(makes_directories),
		cmocka_unit_test(reads_links),
		cmocka_unit_test(lists_every_name_once),
		cmocka_unit_test(closes_a_listing_early),
		cmocka_unit_test(netlink_says_what_is_wrong),
		cmocka_unit_test(netlink_drops_what_others_send),
		cmocka_unit_test(formats_addresses),
		cmocka_unit_test(connects),
		cmocka_unit_test(packets_are_as_long_as_asked_for),
		cmocka_unit_test(resolves_names),
		cmocka_unit_test(cancels_a_resolution),
		cmocka_unit_test(notices_a_dead_resolver),
		cmocka_unit_test(reports_how_children_end),
		cmocka_unit_test(gives_children_a_clean_world),
		cmocka_unit_test(resets_signals_of_children),
		cmocka_unit_test(reports_what_cannot_run),
		cmocka_unit_test(signals_the_end_of_a_child),
		cmocka_unit_test(kills_children),
		cmocka_unit_test(forks_work),
		cmocka_unit_test(survives_a_stolen_child),
		cmocka_unit_test(sees_ctrl_c),
		cmocka_unit_test(restores_the_terminal),
		cmocka_unit_test(stops_watching_a_hung_up_console),
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(does_not_hang_on_a_stopped_console),
		cmocka_unit_test(works_without_a_console),
		cmocka_unit_test(reads_blocks),
		cmocka_unit_test(mounts),
		cmocka_unit_test(empties_the_initramfs_and_nothing_else),
		cmocka_unit_test(empties_nothing_but_memory),
		cmocka_unit_test(looks_for_init_inside_the_root),
		cmocka_unit_test(switches_root),
		cmocka_unit_test(random_bytes_are_not_the_same),
		cmocka_unit_test(a_process_counts_when_it_is_of_root),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
