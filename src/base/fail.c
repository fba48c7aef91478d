/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of all failures and the few lines that fill and describe a `struct fail`. Does not log.
 */
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct fail_entry table[FAIL_CODE_COUNT] = {
	[FAIL_NONE] = {"E00", "no failure", "", RETRY_NEVER},

	[FAIL_WORD_VALUE] = {"E10", "a value cannot be used", "Correct the word; iscsiroot.cmdline(7) shows its form.",
			     RETRY_NEVER},
	[FAIL_TARGET_MISSING] = {"E11", "nothing says which target to log in to",
				 "Add iscsi_target=iscsi://HOST/NAME/LUN to the kernel command line.", RETRY_NEVER},
	[FAIL_PORTAL_MISSING] = {"E12", "the target has a name but no portal",
				 "Add iscsi_portal=HOST or write iscsi_target=iscsi://HOST/NAME/LUN.", RETRY_NEVER},
	[FAIL_TOO_MANY] = {"E13", "the command line asks for more than this program holds",
			   "Remove some of these words.", RETRY_NEVER},
	[FAIL_CHAP_HALF] = {"E14", "CHAP needs a user name and a secret, and only one is given",
			    "Give both iscsi_username= and iscsi_password=, or neither.", RETRY_NEVER},
	[FAIL_NOT_PID1] = {"E15", "boot is the first process of an initramfs and nothing else",
			   "Put it into an image with initramfs/build; iscsiroot --help lists the verbs.", RETRY_NEVER},
	[FAIL_INITIATOR_MISSING] = {"E16",
				    "this machine has neither a DMI UUID nor a MAC to make its initiator name of",
				    "Add iscsi_initiator=NAME to the kernel command line.", RETRY_NEVER},
	[FAIL_MUTUAL_HALF] = {"E17", "mutual CHAP needs a secret for each direction, and one is missing",
			      "Give iscsi_in_password= and, for each target, a user name and iscsi_password=; or "
			      "nothing of iscsi_in_username= and iscsi_in_password=.",
			      RETRY_NEVER},
	[FAIL_NOT_ROOT] = {"E18", "only root may do this", "Run it as root.", RETRY_NEVER},
	[FAIL_ARGUMENT] = {"E19", "an argument cannot be used", "Correct it; iscsiroot(8) has the arguments.",
			   RETRY_NEVER},
	[FAIL_FILE] = {"E1A", "a file cannot be used", "Correct the file; iscsiroot.cmdline(7) shows its form.",
		       RETRY_NEVER},

	[FAIL_NIC_MISSING] = {"E20", "the network interface is not there",
			      "Check the device in ip=, and that the image holds the driver of the card "
			      "(initramfs/build --add-module NAME).",
			      RETRY_SLOW},
	[FAIL_NO_CARRIER] = {"E21", "the network interface has no link", "Check cable and switch port.", RETRY_SLOW},
	[FAIL_NO_DHCP] = {"E22", "no DHCP server answered",
			  "Check the DHCP server and the cable, or give a static address: "
			  "ip=ADDRESS::GATEWAY:NETMASK::DEVICE:off.",
			  RETRY_SOON},
	[FAIL_ADDRESS] = {"E23", "the kernel refused the address or route",
			  "Check address, netmask and gateway in ip=.", RETRY_SLOW},
	[FAIL_ADDRESS_TAKEN] = {"E24", "another machine on this network has our address",
				"Give this machine an address of its own in ip=.", RETRY_SLOW},
	[FAIL_NAME_UNRESOLVED] = {"E25", "the name of the portal cannot be resolved",
				  "Check the name and the name server (ip= field 8, or DHCP), or give the address.",
				  RETRY_SOON},
	[FAIL_NO_ROUTE] = {"E26", "there is no route to the portal",
			   "Check address, netmask and gateway in ip= against the portal's address.", RETRY_SLOW},
	[FAIL_HOST_SILENT] = {"E27", "nothing on the network answers for the portal's address",
			      "Check that the target machine is up and on this network, or the gateway in ip=.",
			      RETRY_SOON},
	[FAIL_PORTAL_REFUSED] = {"E28", "connection refused", "Start the target's iSCSI service, or correct the port.",
				 RETRY_SOON},
	[FAIL_PORTAL_SILENT] = {"E29", "the portal does not answer",
				"Check that the target machine is up and that no firewall drops its port.", RETRY_SOON},
	[FAIL_CONNECT] = {"E2A", "the connection to the portal failed",
			  "Check the network between here and the portal.", RETRY_SOON},
	[FAIL_NO_ADVERTISEMENT] = {"E2B", "no router advertised an IPv6 prefix to make an address of",
				   "Check the router advertisements on this network, or give a static address in ip=.",
				   RETRY_SOON},

	[FAIL_LOGIN_TIMEOUT] = {"E30", "the target took the connection but does not answer the login",
				"Check the load and the log of the target.", RETRY_SOON},
	[FAIL_AUTH_REFUSED] = {"E31", "the target refused our CHAP name or secret",
			       "Check iscsi_username= and iscsi_password= against the target's access list.",
			       RETRY_SLOW},
	[FAIL_FORBIDDEN] = {"E32", "the target does not allow this initiator",
			    "Add the initiator name to the target's access list, or give the one it knows in "
			    "iscsi_initiator=.",
			    RETRY_SLOW},
	[FAIL_TARGET_NOT_FOUND] = {"E33", "the portal has no target of this name",
				   "Check the target name, and that the target is exported at this portal.",
				   RETRY_SLOW},
	[FAIL_TARGET_REMOVED] = {"E34", "the target has been removed from this portal",
				 "Ask the target's administrator where it went.", RETRY_SLOW},
	[FAIL_INITIATOR_ERROR] = {"E35", "the target refused the login as wrong",
				  "Check the target's log; report it with the status if it looks like our fault.",
				  RETRY_SLOW},
	[FAIL_VERSION] = {"E36", "the target does not speak iSCSI version 0", "Update the target's software.",
			  RETRY_SLOW},
	[FAIL_TOO_MANY_CONNECTIONS] = {"E37", "the target has too many connections",
				       "Close other sessions on the target or raise its limit.", RETRY_SLOW},
	[FAIL_TARGET_ERROR] = {"E38", "the target reports an error of its own", "Check the target's log.", RETRY_SOON},
	[FAIL_TARGET_UNAVAILABLE] =
		{"E39", "the target is not available now",
		 "Wait, or check the state of the target and its name: LIO says the same of one it does not have.",
		 RETRY_SOON},
	[FAIL_TARGET_RESOURCES] = {"E3A", "the target is out of resources",
				   "Wait, or close other sessions on the target.", RETRY_SOON},
	[FAIL_REDIRECT] = {"E3B", "the target sends us to another portal and the way there is not usable",
			   "Give the portal that serves the target in iscsi_target=.", RETRY_SLOW},
	[FAIL_PROTOCOL] = {"E3C", "the target's answer breaks the iSCSI protocol",
			   "Check that the port belongs to an iSCSI target and that its software is current.",
			   RETRY_SLOW},
	[FAIL_NEGOTIATION] = {"E3D", "the target answered a key with a value outside our offer",
			      "Update the target's software, or report it.", RETRY_SLOW},
	[FAIL_CHAP_WANTED] = {"E3E", "the target demands CHAP and no secret is known here",
			      "Give iscsi_username= and iscsi_password=, or switch CHAP off for this initiator on the "
			      "target.",
			      RETRY_SLOW},
	[FAIL_CHAP_ALGORITHM] =
		{"E3F", "the target has no CHAP algorithm in common with us",
		 "Allow SHA3-256, SHA-256, SHA-1 or MD5 for CHAP on the target, and check that it has a user "
		 "and a secret for this initiator.",
		 RETRY_SLOW},
	[FAIL_AUTH_DOWNGRADE] = {"E40", "the target wants no authentication although a secret is configured",
				 "Switch CHAP on for this initiator on the target, or remove iscsi_username= and "
				 "iscsi_password=.",
				 RETRY_SLOW},
	[FAIL_LOGIN_CLOSED] =
		{"E41", "the target closed the connection during the login",
		 "Check the target's log; some targets close when the initiator is not on an access list.", RETRY_SOON},
	[FAIL_TARGET_UNPROVEN] = {"E42", "the target has not proved that it knows its secret",
				  "Check iscsi_in_password= against the secret of the target for mutual CHAP, and that "
				  "no other machine has the portal's address.",
				  RETRY_SLOW},
	[FAIL_TARGET_NAME] = {"E43", "the target has another CHAP name than expected",
			      "Correct iscsi_in_username=, or leave it out.", RETRY_SLOW},
	[FAIL_SECRETS_EQUAL] = {"E44", "the secrets of both directions of CHAP are the same",
				"Give the target another secret than this machine.", RETRY_NEVER},
	[FAIL_CHAP_REFLECTED] = {"E45", "the target sends us our own CHAP values back",
				 "Look for who answers at the portal's address: this is an attack or a broken target.",
				 RETRY_SLOW},
	[FAIL_NO_TARGET] = {"E46", "the portal shows no target to this initiator",
			    "Add the initiator name to the access list of the target, or correct the portal.",
			    RETRY_SLOW},
	[FAIL_TARGETS_MANY] = {"E47", "the portal shows more than one target",
			       "Name the one to boot from: iscsi_target=iscsi://HOST/NAME/LUN.", RETRY_SLOW},
	[FAIL_NO_DIGEST] = {"E48", "the target has no CRC32C digest and iscsi_digest= demands it",
			    "Write iscsi_digest=prefer-crc32c, or switch digests on at the target.", RETRY_SLOW},

	[FAIL_NO_TRANSPORT] =
		{"E50", "the kernel has no iSCSI over TCP",
		 "Put the module iscsi_tcp of this kernel into the image (initramfs/build --modules DIR).",
		 RETRY_NEVER},
	[FAIL_NETLINK] = {"E51", "talking to the kernel failed", "Report it with the kernel's version.", RETRY_SLOW},
	[FAIL_KERNEL_REFUSED] = {"E52", "the kernel refused a step of the session",
				 "Report it with the kernel's version.", RETRY_SLOW},
	[FAIL_SESSION_LOST] = {"E53", "the connection broke", "Check the network and the target.", RETRY_SOON},
	[FAIL_NO_RANDOM] = {"E54", "the kernel has no random bytes yet",
			    "Wait, or give the machine a hardware random number generator.", RETRY_SOON},
	[FAIL_DIGEST] = {"E55", "a digest does not fit what arrived",
			 "Check cables, network cards and switches between here and the target.", RETRY_SOON},
	[FAIL_TARGET_SILENT] = {"E56", "the target has logged us in and does not answer now",
				"Check the load, the storage and the log of the target.", RETRY_SOON},
	[FAIL_SESSION_THERE] = {"E57", "this machine has that session already",
				"See iscsiroot status; detach it first if it is to be made anew.", RETRY_NEVER},
	[FAIL_INTERRUPTED] = {"E58", "it was interrupted before it was done", "Nothing is left of it; run it again.",
			      RETRY_NEVER},
	[FAIL_NO_SESSION] = {"E59", "there is no such session", "iscsiroot status shows those that are there.",
			     RETRY_NEVER},
	[FAIL_NOT_IN_CHARGE] = {"E5A", "no keeper of ours looks after the session",
				"Ask iscsid: iscsiadm -m session -r NUMBER -u.", RETRY_NEVER},
	[FAIL_KEEPER_SILENT] = {"E5B", "the keeper has not done it in time",
				"See the kernel's log and iscsiroot status: it may still be at it.", RETRY_NEVER},

	[FAIL_LUN_ABSENT] = {"E60", "the target does not show the LUN asked for",
			     "Check the LUN in iscsi_target= and the target's map for this initiator.", RETRY_SLOW},
	[FAIL_NO_DISK] = {"E61", "the target shows no disk", "Map a LUN to this initiator on the target.", RETRY_SLOW},
	[FAIL_NO_DISK_DRIVER] = {"E62", "the LUN is there but no driver made a disk of it",
				 "Put the module sd_mod of this kernel into the image.", RETRY_NEVER},
	[FAIL_DISK_READ] = {"E63", "the disk cannot be read", "Check the target's storage.", RETRY_SLOW},
	[FAIL_DISK_IN_USE] = {"E64", "the disk is in use", "Unmount it, or end what uses it.", RETRY_NEVER},
	[FAIL_DISK_SILENT] = {"E65", "the LUN is there and does not answer the kernel's first questions",
			      "Check the log and the storage of the target, and that long packets get through to it.",
			      RETRY_SLOW},

	[FAIL_ROOT_NOT_FOUND] = {"E70", "root= names nothing on the disks of the target",
				 "Correct root= to one of those.", RETRY_SLOW},
	[FAIL_ROOT_AMBIGUOUS] =
		{"E71", "root= fits more than one disk",
		 "Name one by root=PARTUUID= or root=/dev/disk/by-path/, or name its LUN in iscsi_target=.",
		 RETRY_NEVER},
	[FAIL_NO_FILESYSTEM] = {"E72", "there is no file system to mount",
				"Name the partition in root=, or write a file system to the LUN.", RETRY_NEVER},
	[FAIL_MOUNT] = {"E73", "the root file system cannot be mounted",
			"Check rootfstype= and rootflags=, that the image holds the file system's driver, and the file "
			"system itself.",
			RETRY_NEVER},
	[FAIL_INIT_MISSING] = {"E74", "the root file system has no init to run",
			       "Check that root= is a whole system, or name its init in init=.", RETRY_NEVER},
	[FAIL_SWITCH] = {"E75", "switching to the root file system failed", "Report it with the kernel's version.",
			 RETRY_NEVER},

	[FAIL_SETUP] = {"E80", "preparing the early system failed", "Check the kernel's configuration.", RETRY_NEVER},
	[FAIL_SPAWN] = {"E81", "a helper program cannot be run", "Rebuild the image with initramfs/build.", RETRY_SLOW},
	[FAIL_INTERNAL] = {"E90", "this program has a bug", "Report it with the console's text.", RETRY_NEVER},
};

const struct fail_entry *fail_lookup(enum fail_code code)
{
	return &table[code < FAIL_CODE_COUNT ? code : FAIL_INTERNAL];
}

bool fail_set(struct fail *fail, enum fail_code code, const char *detail, ...)
{
	if (fail->code != FAIL_NONE)
		return false;
	fail->code = code;
	va_list args;
	va_start(args, detail);
	vsnprintf(fail->detail, sizeof fail->detail, detail, args);
	va_end(args);
	return false;
}

bool fail_errno(struct fail *fail, enum fail_code code, int error, const char *detail, ...)
{
	if (fail->code != FAIL_NONE)
		return false;
	fail->code = code;
	va_list args;
	va_start(args, detail);
	vsnprintf(fail->detail, sizeof fail->detail, detail, args);
	va_end(args);
	size_t used = strlen(fail->detail);
	snprintf(fail->detail + used, sizeof fail->detail - used, "%s%s", used > 0 ? ": " : "", strerror(error));
	return false;
}

bool fail_context(struct fail *fail, const char *context, ...)
{
	if (fail->context[0] != '\0')
		return false;
	va_list args;
	va_start(args, context);
	vsnprintf(fail->context, sizeof fail->context, context, args);
	va_end(args);
	return false;
}

void fail_describe(const struct fail *fail, char out[static FAIL_TEXT_BYTES])
{
	const struct fail_entry *entry = fail_lookup(fail->code);
	char line[FAIL_TEXT_BYTES];
	const char *colon = fail->context[0] != '\0' ? ": " : "";
	const char *open = fail->detail[0] != '\0' ? " (" : "";
	const char *close = fail->detail[0] != '\0' ? ")" : "";
	snprintf(line, sizeof line, "%s%s%s%s%s%s. %s [%s]", fail->context, colon, entry->cause, open, fail->detail,
		 close, entry->remedy, entry->id);
	text_escape(line, out, FAIL_TEXT_BYTES);
}
