/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed capacities. Nothing here grows at run time; what does not fit is a named failure, never cut off.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
	ISCSI_NAME_MAX = 223,  /* bytes of an iSCSI name, RFC 7143 section 4.2.7.1 */
	ISCSI_KEY_MAX = 63,    /* bytes of a key name, RFC 7143 section 6.1 */
	ISCSI_VALUE_MAX = 255, /* bytes of a text value, RFC 7143 section 6.1 */
	HOST_MAX = 253,        /* bytes of a DNS name or an address literal with its scope */
	IFNAME_MAX = 15,       /* bytes of an interface name, IFNAMSIZ - 1 */
	CHAP_NAME_MAX = 255,   /* bytes of a CHAP user name */
	SECRET_MAX = 255,      /* bytes of a CHAP secret */
	PATH_BYTES = 256,      /* bytes of a path this program builds, with its final NUL */
	TARGETS_MAX = 8,       /* sessions of one plan */
	OWN_SECRETS_MAX = 4,   /* targets with secrets of their own */
	NETS_MAX = 8,          /* ip= words of one plan */
	NICS_MAX = 32,         /* network interfaces looked at */
	DISKS_MAX = 64,        /* block devices (disks and partitions) looked at */
	NAMESERVERS_MAX = 3,   /* what a resolver reads, resolv.conf(5) MAXNS */
	VLANS_MAX = 4,         /* vlan= words of one plan */
	BONDS_MAX = 2,         /* bond= words of one plan */
	UNMADE_MAX = 8,        /* team= and bridge= words of one plan */
	BOND_PORTS_MAX = 4,    /* network interfaces of one bond */
	IFNAMES_MAX = 8,       /* ifname= words of one plan */
	ROUTES_MAX = 8,        /* rd.route= words of one plan, routes of one lease */
	CMDLINE_BYTES = 4096,  /* COMMAND_LINE_SIZE is 2048 on x86 and arm64, 4096 on s390 */
};

#endif
