/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file, one writer, by table. Values may come from a DHCP server and are read by shells, so they are quoted as
 * klibc's ipconfig does. Which interface a session runs over is the kernel's answer to where its portal's address is.
 *
 * For systemd the file is not one that makes networkd pass the interface over (Unmanaged=): then
 * systemd-networkd-wait-online would wait in vain on a machine with one network card. It is configured, with
 * KeepConfiguration=yes and no address in it: addresses that networkd has not given it does not take away, neither when
 * it starts nor when it stops nor without a carrier. A bond's port is passed over, or it would be freed of its bond.
 */
#include "boot/runfiles.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "boot/lease.h"
#include "boot/log.h"
#include "boot/units.h"
#include "sys/sys.h"

enum {
	TEXT_BYTES = 5120, /* holds three names of single quotes, and a lease's routes */
	LEVELS_MAX = 2,    /* a VLAN on a bond on its ports */
};

#define OPEN_ISCSI_INTERFACE "/run/initramfs/open-iscsi.interface"
#define INITIATOR_NAME "/run/initiatorname.iscsi"
#define WHY "# By iscsiroot(8): the root file system is reached through this interface.\n"

/* --- klibc --- */

/* KEY='VALUE', for a shell. */
static void put(struct writer *w, const char *key, const char *value)
{
	writer_format(w, "%s='", key);
	for (; *value != '\0'; value++)
		if (*value == '\'')
			writer_text(w, "'\\''");
		else
			writer_u8(w, (uint8_t)*value);
	writer_text(w, "'\n");
}

static void put_ip(struct writer *w, const char *key, const struct ip_address *ip)
{
	char text[IP_TEXT_BYTES];
	ip_format(ip, text);
	if (ip->family != 0)
		put(w, key, text);
}

static void put_servers(struct writer *w, const char *key, unsigned family, const struct runfiles_nic *of)
{
	char numbered[16];
	for (unsigned i = 0, n = 0; i < of->n_name_servers && n < 2; i++) {
		if (of->name_servers[i].family != family)
			continue;
		format_text(numbered, sizeof numbered, "%s%u", key, n++);
		put_ip(w, numbered, &of->name_servers[i]);
	}
}

/* With a default route among the routes of a lease that is the gateway (RFC 3442). */
static struct ip_address gateway_of(const struct lease *lease)
{
	for (const struct net_route *route = lease->routes; route < lease->routes + lease->n_routes; route++)
		if (route->destination.family == 0)
			return route->gateway;
	return lease->gateway;
}

/* 0.0.0.0 is everything, or in the place of a gateway the link itself. */
static void put_routes(struct writer *w, const struct lease *lease)
{
	static const struct ip_address zero = {.family = 4};
	char key[32], network[IP_TEXT_BYTES], text[IP_TEXT_BYTES + 4];
	for (unsigned i = 0; i < lease->n_routes; i++) {
		const struct net_route *route = &lease->routes[i];
		ip_format(route->destination.family != 0 ? &route->destination : &zero, network);
		format_text(text, sizeof text, "%s/%u", network, route->prefix_bits);
		format_text(key, sizeof key, "IPV4ROUTE%uSUBNET", i);
		put(w, key, text);
		format_text(key, sizeof key, "IPV4ROUTE%uGATEWAY", i);
		put_ip(w, key, route->gateway.family != 0 ? &route->gateway : &zero);
	}
}

static void put_some(struct writer *w, const char *key, const char *value)
{
	if (value[0] != '\0')
		put(w, key, value);
}

static void put_host_name(struct writer *w, const struct net_link *link)
{
	put(w, "HOSTNAME", link->config->hostname[0] != '\0' ? link->config->hostname : link->lease.hostname);
}

/* With the host bits of an IPv4 address all 0 or all 1; of 255.255.255.255 that is the netmask. */
static struct ip_address with_host_bits(struct ip_address ip, unsigned prefix_bits, bool bits)
{
	for (unsigned bit = prefix_bits; bit < 32; bit++)
		if (bits)
			ip.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		else
			ip.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return ip;
}

void runfiles_klibc4(struct writer *w, const struct runfiles_nic *of)
{
	static const struct ip_address ones = {.family = 4, .bytes = {255, 255, 255, 255}};
	const struct net_link *link = of->link4;
	if (link == NULL)
		return;
	const struct lease *lease = &link->lease;
	struct ip_address broadcast = with_host_bits(lease->address, lease->prefix_bits, true);
	struct ip_address gateway = gateway_of(lease);
	struct ip_address netmask = with_host_bits(ones, lease->prefix_bits, false);
	put(w, "DEVICE", of->nic->name);
	put(w, "PROTO", link->config->method == NET_DHCP ? "dhcp" : "none");
	put_ip(w, "IPV4ADDR", &lease->address);
	put_ip(w, "IPV4BROADCAST", &broadcast);
	put_ip(w, "IPV4NETMASK", &netmask);
	put_routes(w, lease);
	put_ip(w, "IPV4GATEWAY", &gateway);
	put_servers(w, "IPV4DNS", 4, of);
	put_host_name(w, link);
	put_some(w, "DNSDOMAIN", lease->domain);
	put_some(w, "ROOTPATH", lease->root_path);
}

void runfiles_klibc6(struct writer *w, const struct runfiles_nic *of)
{
	char bits[8];
	const struct net_link *link = of->link6;
	if (link == NULL)
		return;
	format_text(bits, sizeof bits, "%u", link->lease.prefix_bits);
	put(w, "DEVICE6", of->nic->name);
	put(w, "IPV6PROTO", "none");
	put_ip(w, "IPV6ADDR", &link->lease.address);
	put(w, "IPV6NETMASK", bits);
	put_ip(w, "IPV6GATEWAY", &link->lease.gateway);
	put_servers(w, "IPV6DNS", 6, of);
	put_host_name(w, link);
}

/* --- network managers --- */

static void put_mac(struct writer *w, const uint8_t mac[static 6])
{
	for (unsigned i = 0; i < 6; i++) {
		writer_text(w, i > 0 ? ":" : "");
		writer_hex(w, &mac[i], 1);
	}
}

/* Of its own: what was made has that of another, what is not Ethernet one of another kind. */
static bool has_mac(const struct nic *nic)
{
	return nic->ethernet && !nic->made;
}

/*
 * By the hardware address it has, since udev may call a card otherwise; a port of a bond has the bond's, so by the one
 * it came with. A systemd before 245 does not know that key and leaves it out, and Type= alone would be every card: so
 * the name besides.
 */
static void put_match(struct writer *w, const char *name_key, const struct nic *nic)
{
	bool is_port = nic->master != 0;
	writer_text(w, WHY "[Match]\n");
	if (!has_mac(nic) || is_port)
		writer_format(w, "%s=%s\n", name_key, nic->name);
	if (has_mac(nic)) {
		writer_text(w, is_port ? "PermanentMACAddress=" : "MACAddress=");
		put_mac(w, is_port ? nic->card_mac : nic->mac);
		writer_text(w, "\nType=ether\n");
	}
}

/* Of what is below, a port of a bond serves that alone; under a VLAN there may be a network of the root's own. */
static bool is_left_to_root(const struct runfiles_nic *of)
{
	return !of->carries && of->nic->master == 0;
}

/*
 * Before Linux 6.2 an interface that is up cannot be renamed; udev tries, and networkd waits for ever for the new name.
 * Since then it would get one that the files here do not know. So it keeps its own, and has those it would get beside
 * it.
 */
void runfiles_link(struct writer *w, const struct runfiles_nic *of)
{
	put_match(w, "OriginalName", of->nic);
	writer_text(w, "[Link]\nNamePolicy=keep\nAlternativeNamesPolicy=database onboard slot path\n");
}

void runfiles_networkd(struct writer *w, const struct runfiles_nic *of)
{
	char server[IP_TEXT_BYTES];
	if (is_left_to_root(of))
		return;
	put_match(w, "Name", of->nic);
	if (!of->carries) {
		writer_text(w, "[Link]\nUnmanaged=yes\n");
		return;
	}
	writer_text(w, "[Network]\nKeepConfiguration=yes\n");
	for (unsigned i = 0; i < of->n_name_servers; i++) {
		ip_format(&of->name_servers[i], server);
		writer_format(w, "DNS=%s\n", server);
	}
}

/* By the hardware address the card came with. */
void runfiles_network_manager(struct writer *w, const struct runfiles_nic *of)
{
	if (is_left_to_root(of))
		return;
	writer_format(w, WHY "[device-iscsiroot-%s]\nmatch-device=", of->nic->name);
	if (!has_mac(of->nic)) {
		writer_format(w, "interface-name:%s", of->nic->name);
	} else {
		writer_text(w, "mac:");
		put_mac(w, of->nic->card_mac);
	}
	writer_text(w, "\nmanaged=0\n");
}

/*
 * By this ifupdown takes the interface for up, so that ifup leaves it alone; and for one of a name that interfaces(5)
 * does not have, so that ifdown does, too, once: it forgets the name then. That open-iscsi puts it into the list of all
 * interfaces is not enough: ifup looks here. So does what is under a VLAN: a shutdown calls ifdown, which would take it
 * down and the VLAN with it.
 */
void runfiles_ifupdown(struct writer *w, const struct runfiles_nic *of)
{
	(void)of;
	writer_text(w, "iscsiroot\n");
}

/*
 * What networking.service calls at its start, its restart and a shutdown passes them over, however often.
 * ifup@.service, which udev starts for allow-hotplug, would fail where the list of all interfaces does not have its
 * own.
 */
#define LINK_DIR "/run/systemd/network/"
#define LINK_BEFORE "98-iscsiroot-"
#define LINK_BEHIND ".link"
#define LINK_FILE LINK_DIR LINK_BEFORE

static void put_name_of(struct writer *w, const char *file)
{
	size_t n_before = sizeof LINK_BEFORE - 1, n_behind = sizeof LINK_BEHIND - 1, n = strlen(file);
	if (n > n_before + n_behind && memcmp(file, LINK_BEFORE, n_before) == 0 &&
	    strcmp(file + n - n_behind, LINK_BEHIND) == 0)
		writer_format(w, "%.*s ", (int)(n - n_before - n_behind), file + n_before);
}

/* Those of an earlier attempt of this boot, too: each has its file. */
static void put_networking(struct writer *w)
{
	struct dir dir;
	const char *name = dir_open(&dir, LINK_DIR) == 0 ? dir_next(&dir) : NULL;
	writer_text(w, WHY "[Service]\nEnvironment=\"EXCLUDE_INTERFACES=");
	for (; name != NULL; name = dir_next(&dir))
		put_name_of(w, name);
	writer_text(w, "\"\n");
}

#define IFUP "[Unit]\nConditionPathExists=!" LINK_FILE "%I.link"

/* --- writing --- */

enum {
	KLIBC_FILES = 2,
	N_FILES = 6,
};

static const struct {
	const char *before, *behind; /* the interface's name in the path */
	void (*write)(struct writer *w, const struct runfiles_nic *of);
	unsigned family; /* of the address it is about; 0: none */
} files[N_FILES] = {
	{"/run/net-", ".conf", runfiles_klibc4, 4},
	{"/run/net6-", ".conf", runfiles_klibc6, 6}, /* up to here of klibc */
	{"/run/network/ifstate.", "", runfiles_ifupdown, 0},
	{"/run/systemd/network/10-iscsiroot-", ".network", runfiles_networkd, 0},
	{LINK_FILE, LINK_BEHIND, runfiles_link, 0},
	{"/run/NetworkManager/conf.d/10-iscsiroot-", ".conf", runfiles_network_manager, 0},
};

static const struct {
	const char *path;
	unsigned mode;
} directories[] = {
	{"/run/initramfs", 0700},
	{"/run/network", 0755},
	{"/run/systemd", 0755},
	{"/run/systemd/network", 0755},
	{UNITS_DIR, 0755},
	{UNITS_DIR "/ifup@.service.d", 0755},
	{UNITS_DIR "/networking.service.d", 0755},
	{"/run/NetworkManager", 0755},
	{"/run/NetworkManager/conf.d", 0755},
};

/* A final NUL is added here. */
static void write_file(const char *path, struct writer *w)
{
	writer_u8(w, 0);
	int error = w->full ? -E2BIG : file_create(path, (const char *)w->bytes, 0644);
	if (error < 0)
		log_wait("cannot write %s: %s, the root's network service may take the interface down", path,
			 strerror(-error));
}

/* Who has brought the address up knows more about it: ipconfig, or an earlier attempt of ours. */
static bool is_known_better(const struct runfiles_nic *of, unsigned family, const char *path)
{
	char text[LEASE_BYTES];
	struct lease found;
	const struct net_link *link = family == 4 ? of->link4 : family == 6 ? of->link6 : NULL;
	if (link == NULL || link->configured_ifindex != 0 || file_read_text(path, text, sizeof text) <= 0)
		return false;
	return family == 6 || (lease_read_klibc(text, &found) &&
			       memcmp(&found.address, &link->lease.address, sizeof found.address) == 0);
}

static void write_files(const struct runfiles_nic *of, size_t n_files)
{
	char text[TEXT_BYTES], path[PATH_BYTES];
	for (size_t i = 0; i < n_files; i++) {
		struct writer w = writer_over(text, sizeof text);
		files[i].write(&w, of);
		format_text(path, sizeof path, "%s%s%s", files[i].before, of->nic->name, files[i].behind);
		if (w.n_bytes > 0 && !is_known_better(of, files[i].family, path))
			write_file(path, &w);
	}
}

static void write_line(const char *path, const char *before, const char *value)
{
	char text[TEXT_BYTES];
	struct writer w = writer_over(text, sizeof text);
	writer_format(&w, "%s%s\n", before, value);
	write_file(path, &w);
}

static void write_units(void)
{
	char text[TEXT_BYTES];
	struct writer w = writer_over(text, sizeof text);
	put_networking(&w);
	write_file(UNITS_DIR "/networking.service.d/iscsiroot.conf", &w);
	write_line(UNITS_DIR "/ifup@.service.d/iscsiroot.conf", WHY, IFUP);
}

/* --- which interfaces --- */

static struct nic *nic_of(struct net *net, const struct session *s)
{
	struct ip_address ip;
	uint32_t scope_ifindex;
	tcp_address_take(&s->address, &ip, &scope_ifindex);
	return nics_route(&net->nics, &ip, scope_ifindex);
}

static bool is_below(const struct nic *nic, const struct nic *upper)
{
	return nic->ifindex != 0 && (nic->master == upper->ifindex || nic->ifindex == upper->lower);
}

/* What the interface has from us. False: nothing. */
static bool find_links(const struct net *net, struct runfiles_nic *of)
{
	for (const struct net_link *link = net->links; link < net->links + net->n_links; link++) {
		if (link->ifindex != of->nic->ifindex || link->state != LINK_READY)
			continue;
		if (link->lease.address.family == 4)
			of->link4 = link;
		else
			of->link6 = link;
	}
	return of->link4 != NULL || of->link6 != NULL;
}

static void add_servers(const struct ip_address *servers, unsigned n_servers, struct ip_address *all, unsigned *n_all)
{
	for (unsigned i = 0; i < n_servers && *n_all < NAMESERVERS_MAX; i++)
		all[(*n_all)++] = servers[i];
}

/* Those in ip= come before, and instead of, those of the lease. */
static void add_servers_of(const struct net_link *link, struct ip_address *all, unsigned *n_all)
{
	if (link != NULL && link->config->n_nameservers > 0)
		add_servers(link->config->nameservers, link->config->n_nameservers, all, n_all);
	else if (link != NULL)
		add_servers(link->lease.nameservers, link->lease.n_nameservers, all, n_all);
}

static void leave_nic(const struct boot_plan *plan, struct runfiles_nic *of, size_t n_files)
{
	struct ip_address servers[NAMESERVERS_MAX];
	add_servers(plan->nameservers, plan->n_nameservers, servers, &of->n_name_servers);
	add_servers_of(of->link4, servers, &of->n_name_servers);
	add_servers_of(of->link6, servers, &of->n_name_servers);
	of->name_servers = servers;
	write_files(of, n_files);
}

void runfiles_leave_network(const struct net *net, const struct boot_plan *plan)
{
	for (const struct nic *nic = net->nics.list; nic < net->nics.list + NICS_MAX; nic++) {
		struct runfiles_nic of = {.nic = nic};
		if (nic->ifindex != 0 && find_links(net, &of))
			leave_nic(plan, &of, KLIBC_FILES);
	}
}

/* Takes in what is below those that are in already. */
static void add_below(const struct net *net, struct runfiles_nic *nics)
{
	const struct nic *list = net->nics.list;
	for (unsigned upper = 0; upper < NICS_MAX; upper++)
		for (unsigned i = 0; i < NICS_MAX && nics[upper].nic != NULL; i++) {
			if (nics[i].nic != NULL || !is_below(&list[i], &list[upper]))
				continue;
			nics[i].nic = &list[i];
			nics[i].carries = find_links(net, &nics[i]);
		}
}

void runfiles_leave(struct net *net, const struct boot_plan *plan, const struct session *sessions, unsigned n_sessions,
		    unsigned root)
{
	struct runfiles_nic nics[NICS_MAX] = {{.nic = NULL}};
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		file_make_dir(directories[i].path, directories[i].mode);
	write_line(INITIATOR_NAME, "InitiatorName=", plan->initiator.name);
	for (unsigned i = 0; i < n_sessions; i++) {
		const struct nic *nic = session_is_kept(&sessions[i]) ? nic_of(net, &sessions[i]) : NULL;
		struct runfiles_nic of = {.nic = nic, .carries = true};
		if (nic == NULL || (!find_links(net, &of) && !nic->ethernet))
			continue;
		nics[nic - net->nics.list] = of;
		if (i == root && !file_exists(OPEN_ISCSI_INTERFACE))
			write_line(OPEN_ISCSI_INTERFACE, "", nic->name);
	}
	for (unsigned level = 0; level < LEVELS_MAX; level++)
		add_below(net, nics);
	for (unsigned i = 0; i < NICS_MAX; i++)
		if (nics[i].nic != NULL)
			leave_nic(plan, &nics[i], N_FILES);
	write_units();
}
