/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getaddrinfo(3) in a child that writes one answer into a pipe and ends. The child closes everything else, so that it
 * keeps no connection of ours open.
 */
#include "sys/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct answer {
	int error; /* 0 or a negative errno */
	struct tcp_address address;
};
_Static_assert(sizeof(struct answer) <= PIPE_BUF, "one write, one read");

static int errno_of(int gai_error)
{
	switch (gai_error) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
		return -ENOENT;
	case EAI_AGAIN:
		return -EAGAIN;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_SYSTEM:
		return -errno;
	default:
		return -EIO;
	}
}

static int look_up_family(int family, const char *host, const char *service, struct tcp_address *address)
{
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	int gai_error = getaddrinfo(host, service, &hints, &found);
	if (gai_error != 0)
		return errno_of(gai_error);
	memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
	address->n_bytes = found->ai_addrlen;
	return 0;
}

/* Sends nothing: connecting a datagram socket only looks for a route. */
static bool has_route(const struct tcp_address *address)
{
	int fd = socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = fd >= 0 && connect(fd, (const struct sockaddr *)&address->storage, address->n_bytes) == 0;
	if (fd >= 0)
		close(fd);
	return found;
}

/*
 * One family at a time: some name servers (dnsmasq) deny the name when it lacks an address of the one asked for, and
 * musl then believes that it does not exist. The first address with a route, else the first there is.
 */
static void look_up(const char *host, uint16_t port, struct answer *answer)
{
	static const int families[] = {AF_INET, AF_INET6};
	char service[8];
	bool have = false;
	snprintf(service, sizeof service, "%u", port);
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		struct tcp_address address = {0};
		int error = look_up_family(families[i], host, service, &address);
		bool routed = error == 0 && has_route(&address);
		if (error == 0 && (routed || !have))
			*answer = (struct answer){.address = address};
		else if (!have && answer->error != -EAGAIN)
			answer->error = error;
		have = have || error == 0;
		if (routed)
			return;
	}
}

static void run_child(int pipe_end, const char *host, uint16_t port)
{
	enum { OUT = 3 };
	if (pipe_end != OUT && dup2(pipe_end, OUT) < 0)
		return;
	syscall(SYS_close_range, OUT + 1, ~0U, 0); /* Linux 5.9; older ones keep our files open until the child ends */
	struct answer answer = {0};
	look_up(host, port, &answer);
	(void)!write(OUT, &answer, sizeof answer);
}

int resolve_start(struct resolver *r, const char *host, uint16_t port)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0) {
		run_child(ends[1], host, port);
		_exit(0);
	}
	int error = errno;
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -error;
	}
	*r = (struct resolver){.pid = pid, .fd = ends[0]};
	return 0;
}

int resolve_finish(struct resolver *r, struct tcp_address *out)
{
	struct answer answer;
	ssize_t n;
	do
		n = read(r->fd, &answer, sizeof answer);
	while (n < 0 && errno == EINTR);
	resolve_cancel(r);
	if (n != sizeof answer)
		return -EIO;
	if (answer.error == 0)
		*out = answer.address;
	return answer.error;
}

void resolve_cancel(struct resolver *r)
{
	if (r->pid > 0) {
		kill(r->pid, SIGKILL);
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(r->fd);
	}
	*r = (struct resolver){.fd = -1};
}
