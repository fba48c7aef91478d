/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the root's own programs find in /run so that they leave the network of the root's disk alone: net-IF.conf and
 * net6-IF.conf of klibc's ipconfig, which cloud-init and initramfs scripts read; initramfs/open-iscsi.interface of
 * Debian's open-iscsi; systemd.network(5); NetworkManager.conf(5); ifupdown's list of interfaces that are up, and
 * additions to its units; and the initiator name. Only for interfaces over which a session runs, whoever has configured
 * them, and for those below them (VLAN, bond). Of these this program reads net-IF.conf alone, where an address is there
 * before it.
 */
#ifndef BOOT_RUNFILES_H
#define BOOT_RUNFILES_H

#include <stdbool.h>

#include "base/writer.h"
#include "boot/net.h"
#include "boot/session.h"
#include "plan/plan.h"

/* An interface to be left alone. */
struct runfiles_nic {
	const struct nic *nic;
	const struct net_link *link4, *link6;  /* its address of each kind, NULL: none of ours */
	const struct ip_address *name_servers; /* those of the plan, then those of its links */
	unsigned n_name_servers;
	bool carries; /* a session, or an address from us though it is below one that does; else it is below only */
};

/* The texts; an empty one: no such file. */
void runfiles_klibc4(struct writer *w, const struct runfiles_nic *of);
void runfiles_klibc6(struct writer *w, const struct runfiles_nic *of);
void runfiles_ifupdown(struct writer *w, const struct runfiles_nic *of);
void runfiles_link(struct writer *w, const struct runfiles_nic *of);
void runfiles_networkd(struct writer *w, const struct runfiles_nic *of);
void runfiles_network_manager(struct writer *w, const struct runfiles_nic *of);

/* Writes those of klibc, for each link that is up: who looks there brings no link up himself. */
void runfiles_leave_network(const struct net *net, const struct boot_plan *plan);

/* Writes them all; what fails is told. The session `root` is the root's, unless there is the file that names
 * its interface. */
void runfiles_leave(struct net *net, const struct boot_plan *plan, const struct session *sessions, unsigned n_sessions,
		    unsigned root);

#endif
