/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/fault.h"

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "plugins/provider/vsphere/soap.h"

#include <string.h>

#define BUSY_RETRY_MS 10000u

/* What each fault means for us. advice ends the sentence for the user. */
struct mapping {
	const char *type;
	int32_t code;
	const char *kind;
	const char *advice;
};

static const struct mapping mappings[] = {
	/* Who may do what. */
	{"InvalidLogin", HYP_E_AUTH, "auth_failed",
	 "user name or password is wrong; it is not tried again, so that the "
	 "account is not locked"},
	{"PasswordExpired", HYP_E_AUTH, "auth_failed",
	 "the password has expired; set a new one at the server"},
	{"NotAuthenticated", HYP_E_TRANSIENT, "session_expired",
	 "the session has ended"},
	{"NoPermission", HYP_E_PERMANENT, "no_permission",
	 "ask the administrator to grant it"},
	/* The VM is taken, or not in the state it was. */
	{"TaskInProgress", HYP_E_BUSY, "vm_busy",
	 "another task works on it; try again when that is done"},
	{"FileLocked", HYP_E_BUSY, "vm_busy",
	 "a file of it is locked by another task or host"},
	{"ConcurrentAccess", HYP_E_BUSY, "vm_busy",
	 "somebody else changed it at the same time"},
	{"ResourceInUse", HYP_E_BUSY, "vm_busy", "something of it is in use"},
	{"InvalidPowerState", HYP_E_TRANSIENT, "vm_busy",
	 "its power state does not allow this: a cold export needs it off"},
	{"InvalidState", HYP_E_TRANSIENT, "vm_busy",
	 "its state does not allow this now"},
	{"MigrationFault", HYP_E_TRANSIENT, "vm_busy",
	 "it is being moved to another host"},
	{"MethodDisabled", HYP_E_TRANSIENT, "method_disabled",
	 "another product has locked this operation for the VM, often a "
	 "backup in progress"},
	{"RequestCanceled", HYP_E_TRANSIENT, "task_cancelled",
	 "somebody cancelled the task at the server"},
	/* Things that are not there. */
	{"ManagedObjectNotFound", HYP_E_NOT_FOUND, "not_found",
	 "it was removed meanwhile"},
	{"NotFound", HYP_E_NOT_FOUND, "not_found", "it is not there"},
	{"FileNotFound", HYP_E_NOT_FOUND, "not_found",
	 "a file of it is not there"},
	/* Time and connection. */
	{"Timedout", HYP_E_TRANSIENT, "server_timeout",
	 "the server gave up waiting"},
	{"HostNotConnected", HYP_E_TRANSIENT, "host_disconnected",
	 "its host does not answer vCenter; reconnect the host"},
	{"HostNotReachable", HYP_E_TRANSIENT, "host_disconnected",
	 "its host does not answer vCenter; check the host's network"},
	{"HostCommunication", HYP_E_TRANSIENT, "host_disconnected",
	 "vCenter has trouble talking to its host"},
	{"InvalidHostState", HYP_E_TRANSIENT, "host_disconnected",
	 "its host is in maintenance or starting"},
	/* Room. */
	{"NoDiskSpace", HYP_E_RESOURCE, "datastore_full",
	 "free space on its datastore: a snapshot needs some"},
	{"InsufficientResourcesFault", HYP_E_RESOURCE, "server_resources",
	 "the server lacks resources for this now"},
	{"OutOfBounds", HYP_E_RESOURCE, "server_resources",
	 "a limit of the server is reached"},
	{"TooManySnapshotLevels", HYP_E_PERMANENT, "snapshot_limit",
	 "it has too many snapshots; remove old ones"},
	/* Not possible here. */
	{"NotSupported", HYP_E_PERMANENT, "not_supported",
	 "the server does not support this for this VM"},
	{"NotImplemented", HYP_E_PERMANENT, "not_supported",
	 "the server does not have this operation"},
	{"MethodNotFound", HYP_E_PERMANENT, "not_supported",
	 "the server does not have this operation"},
	{"RestrictedVersion", HYP_E_PERMANENT, "not_supported",
	 "the host's licence does not allow this (free ESXi has no write "
	 "access)"},
	{"LicenseRestricted", HYP_E_PERMANENT, "not_supported",
	 "the host's licence does not allow this"},
	{"NotEnoughLicenses", HYP_E_PERMANENT, "not_supported",
	 "there are not enough licences for this"},
	{"SnapshotIncompatibleDeviceFault", HYP_E_PERMANENT,
	 "unsupported_device", "it has a device that prevents snapshots"},
	{"InvalidArgument", HYP_E_PERMANENT, "bad_request",
	 "the server did not accept an argument"},
	{"InvalidRequest", HYP_E_PERMANENT, "bad_request",
	 "the server did not understand the request"},
	{"InvalidProperty", HYP_E_PERMANENT, "bad_request",
	 "the server does not know a property that was asked for"},
	{"InvalidName", HYP_E_PERMANENT, "bad_request",
	 "the server did not accept a name"},
};

static const struct mapping other = {"", HYP_E_TRANSIENT, "server_fault", ""};

static const struct mapping *find_mapping(const char *type)
{
	for (size_t i = 0; i < HYP_COUNT(mappings); i++)
		if (strcmp(mappings[i].type, type) == 0)
			return &mappings[i];
	/* The many kin of these end or begin alike. */
	if (strncmp(type, "InvalidLogin", 12) == 0 ||
	    strstr(type, "InvalidCredentials") != NULL)
		return find_mapping("InvalidLogin");
	if (strstr(type, "VMotion") != NULL ||
	    strstr(type, "Migration") != NULL)
		return find_mapping("MigrationFault");
	if (strncmp(type, "Insufficient", 12) == 0)
		return find_mapping("InsufficientResourcesFault");
	return &other;
}

/* Members that say more than the type does. */
static void add_details(xmlNodePtr fault, char *out, size_t max)
{
	static const struct {
		const char *path, *label;
	} members[] = {
		{"privilegeId", "privilege"},
		{"existingState", "state is"},
		{"requestedState", "needed is"},
		{"object", "on"},
		{"obj", "object"},
		{"source", "locked by"},
		{"reason", "reason"},
		{"file", "file"},
		{"name", "name"},
	};
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < HYP_COUNT(members) && n < max; i++) {
		const char *text = vs_text(fault, members[i].path);
		char shown[128];
		int k;

		if (text[0] == '\0')
			continue;
		hyp_text_printable(text, shown, sizeof(shown));
		k = snprintf(out + n, max - n, "%s%s %s", n ? ", " : " (",
			     members[i].label, shown);
		n += k > 0 ? (size_t)k : 0;
	}
	if (n > 0 && n + 1 < max)
		snprintf(out + n, max - n, ")");
}

int32_t vs_fault_error(const char *type, xmlNodePtr fault, const char *message,
		       const char *where, struct hyp_error *err)
{
	const struct mapping *m = find_mapping(type);
	char said[320], details[320], kind[64];

	hyp_text_printable(message, said, sizeof(said));
	hyp_text_printable(type[0] != '\0' ? type : "fault", kind,
			   sizeof(kind));
	add_details(fault, details, sizeof(details));
	hyp_error_set(err, m->code, m->kind, 0, "%s: %s%s%s%s%s%s", where, kind,
		      details, said[0] != '\0' ? ": " : "", said,
		      m->advice[0] != '\0' ? "; " : "", m->advice);
	if (m->code == HYP_E_BUSY && err != NULL)
		err->retry_after_ms = BUSY_RETRY_MS;
	return m->code;
}

int32_t vs_fault_localized(xmlNodePtr node, const char *where,
			   struct hyp_error *err)
{
	xmlNodePtr fault = vs_find(node, "fault");

	return vs_fault_error(vs_xsi_type(fault), fault,
			      vs_text(node, "localizedMessage"), where, err);
}

int vs_fault_is_absent(const char *type)
{
	return strcmp(type, "MethodNotFound") == 0 ||
	       strcmp(type, "NotImplemented") == 0 ||
	       strcmp(type, "NotSupported") == 0;
}

int vs_fault_is_gone(const char *type)
{
	return strcmp(type, "ManagedObjectNotFound") == 0;
}
