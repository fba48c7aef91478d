/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getaddrinfo(3), a family at a time, as an errand.
 */
#include "sys/resolve.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct question {
	const char *host;
	uint16_t port;
};

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
static void look_up(const void *question, void *result)
{
	static const int families[] = {AF_INET, AF_INET6};
	const struct question *q = question;
	struct answer *answer = result;
	char service[8];
	bool have = false;
	snprintf(service, sizeof service, "%u", q->port);
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		struct tcp_address address = {0};
		int error = look_up_family(families[i], q->host, service, &address);
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

int resolve_start(struct errand *e, const char *host, uint16_t port)
{
	const struct question question = {host, port};
	struct answer answer = {0};
	return errand_start(e, look_up, &question, &answer, sizeof answer);
}

int resolve_finish(struct errand *e, struct tcp_address *out)
{
	struct answer answer;
	int error = errand_finish(e, &answer, sizeof answer);
	if (error == 0)
		error = answer.error;
	if (error == 0)
		*out = answer.address;
	return error;
}
