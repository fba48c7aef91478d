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

/* What is wanted of an interface; what is 0 or NULL is left to the kernel. */
struct rtnl_link {
	uint32_t ifindex; /* 0: a new one of `kind`; that there is none of this name yet is demanded */
	bool up, down;
	uint32_t mtu_bytes;
	uint32_t master; /* the bond it is a port of */
	const char *name;
	const uint8_t *mac;
	const char *kind; /* "vlan" or "bond" */
	uint32_t lower;   /* of a VLAN: the interface under it */
	uint16_t vlan_id;
};

/* Encoders: one whole message each, with `seq` and, but for dumps, NLM_F_ACK. */
void rtnl_dump_links(struct writer *w, uint32_t seq);
void rtnl_dump_addresses(struct writer *w, uint32_t seq);
/* Changes one interface, or makes one. */
void rtnl_set_link(struct writer *w, uint32_t seq, const struct rtnl_link *link);
/* Permanent; NLM_F_REPLACE so that asking twice is no error. IPv4 with broadcast address unless prefix_bits > 30. */
void rtnl_add_address(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *ip,
		      uint8_t prefix_bits);
void rtnl_remove_address(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *ip,
			 uint8_t prefix_bits);
/* gateway family 0: on-link. destination family 0: default route of the gateway's family. metric 0: the kernel's, or
 * of one to remove any. */
void rtnl_add_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		    uint8_t prefix_bits, const struct ip_address *gateway, uint32_t metric);
void rtnl_remove_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		       uint8_t prefix_bits, const struct ip_address *gateway, uint32_t metric);

/* By which interface the kernel would send to `destination`; scope_ifindex: the one that a link-local address is on. */
void rtnl_get_route(struct writer *w, uint32_t seq, const struct ip_address *destination, uint32_t scope_ifindex);

enum rtnl_kind {
	RTNL_OTHER,
	RTNL_LINK, /* new or changed */
	RTNL_LINK_GONE,
	RTNL_ADDRESS,
	RTNL_ADDRESS_GONE,
	RTNL_ROUTE, /* answer to rtnl_get_route: ifindex */
	RTNL_ACK,   /* error 0 or a negative errno, for seq */
	RTNL_DONE,  /* end of a dump, for seq */
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
	bool cabled;   /* IFLA_CARRIER: the driver has a carrier, the interface up or not */
	uint32_t mtu;
	uint8_t mac[6];
	uint8_t card_mac[6]; /* the one the card came with; that of a bond's ports is the bond's */
	uint32_t master;     /* of a bond's port: the bond; 0: none */
	uint32_t lower;      /* of a VLAN: the interface under it; 0: none */
	bool made;           /* of a kind that software makes (VLAN, bond, bridge) */
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
