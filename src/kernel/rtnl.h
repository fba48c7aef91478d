/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink messages this program needs (rtnetlink(7)): links, addresses, routes. Encoding and decoding only.
 */
#ifndef KERNEL_RTNL_H
#define KERNEL_RTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/writer.h"

enum {
	RTNL_REQUEST_MAX = 256,
	RTNL_MESSAGE_MAX = 32768, /* one datagram of the kernel, dumps included */
};

/* Encoders: one whole message each, with `seq` and, but for dumps, NLM_F_ACK. */
void rtnl_dump_links(struct writer *w, uint32_t seq);
void rtnl_dump_addresses(struct writer *w, uint32_t seq);
void rtnl_link_up(struct writer *w, uint32_t seq, uint32_t ifindex);
void rtnl_link_mtu(struct writer *w, uint32_t seq, uint32_t ifindex, uint32_t mtu_bytes);
/* Permanent; NLM_F_REPLACE so that asking twice is no error. IPv4 with broadcast address unless prefix_bits > 30. */
void rtnl_add_address(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *ip,
		      uint8_t prefix_bits);
void rtnl_remove_address(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *ip,
			 uint8_t prefix_bits);
/* gateway family 0: on-link. destination family 0: default route of the gateway's family. */
void rtnl_add_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		    uint8_t prefix_bits, const struct ip_address *gateway);
void rtnl_remove_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		       uint8_t prefix_bits, const struct ip_address *gateway);

enum rtnl_kind {
	RTNL_OTHER,
	RTNL_LINK, /* new or changed */
	RTNL_LINK_GONE,
	RTNL_ADDRESS,
	RTNL_ADDRESS_GONE,
	RTNL_ACK,  /* error 0 or a negative errno, for seq */
	RTNL_DONE, /* end of a dump, for seq */
};

struct rtnl_message {
	enum rtnl_kind kind;
	uint32_t seq;
	int32_t error;
	uint32_t ifindex;
	/* RTNL_LINK */
	char name[IFNAME_MAX + 1];
	bool ethernet; /* ARPHRD_ETHER, not loopback */
	bool up;       /* IFF_UP */
	bool carrier;  /* IFF_LOWER_UP (and operstate not down) */
	uint32_t mtu;
	uint8_t mac[6];
	/* RTNL_ADDRESS */
	struct ip_address ip;
	uint8_t prefix_bits;
	uint8_t scope;   /* RT_SCOPE_UNIVERSE 0, RT_SCOPE_LINK 253 */
	bool tentative;  /* IFA_F_TENTATIVE: duplicate address detection runs */
	bool dad_failed; /* IFA_F_DADFAILED */
};

/* As iscsi_nl_decode. */
bool rtnl_decode(const uint8_t *bytes, size_t n_bytes, struct rtnl_message *message, size_t *n_used);

#endif
