/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of rtnetlink(7), one behind the other.
 */
#include "kernel/rtnl.h"

#include "fuzz.h"

static void check_message(const struct rtnl_message *message)
{
	struct ip_address again = {.family = 0};
	char text[IP_TEXT_BYTES];
	CHECK_TEXT(message->name);
	CHECK(message->ip.family == 0 || message->ip.family == 4 || message->ip.family == 6);
	ip_format(&message->ip, text);
	CHECK(message->ip.family == 0 || text_ip(span_of(text), &again));
	CHECK(memcmp(&message->ip, &again, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct rtnl_message message;
	size_t n_used;
	for (size_t at = 0; rtnl_decode(bytes + at, n_bytes - at, &message, &n_used); at += n_used) {
		CHECK(n_used > 0 && n_used <= n_bytes - at);
		check_message(&message);
	}
	CHECK(n_used == 0);
	return 0;
}
