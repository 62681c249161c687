/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives a provider through the core's checked calls, for scripts:
 *
 *	provider-drive PLUGIN [NAME=VALUE]... -- COMMAND [ARGS]
 *	list [GLOB] | lookup PATH | machine ID | preflight MODE ID |
 *	export MODE ID DIR | undo FILE
 *
 * Environment: DRIVE_DIRS (plugin folder), DRIVE_CANCEL_MS (cancel after),
 * DRIVE_REMEMBER (file that keeps the last remembered record, removed by
 * forget), DRIVE_DIE (copy: SIGKILL itself at the first byte; 2: before the
 *second record is kept), DRIVE_IMAGES, DRIVE_JOB, DRIVE_DIGEST, DRIVE_SERIAL
 *(1: files one after another), DRIVE_NULL (1: bytes are counted, no more).
 *
 * Prints one fact per line: "vm ...", "finding ...", "fact NAME VALUE",
 * "warning KIND TEXT", "file ...", "proof ...", "error CODE KIND TEXT". Exit
 * code 0 or 1.
 */
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/config/options.h"
#include "core/package/vmdk.h"
#include "core/plugin/host-table.h"
#include "core/plugin/instance.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 64
#define RESTARTS 3

static const struct hyp_provider_ops *const calls = &hyp_provider_calls;
static pthread_mutex_t print_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&print_lock);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	pthread_mutex_unlock(&print_lock);
}

static int failed(const struct hyp_error *err)
{
	say("error %d %s %s", err->code, err->kind, err->text);
	return 1;
}

static const char *env(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* The job's side of the host table. */

static void on_warning(void *ctx, const char *origin, const char *kind,
		       const char *text)
{
	(void)ctx;
	(void)origin;
	say("warning %s %s", kind, text);
}

static void on_fact(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	say("fact %s %s", name, value);
}

static int32_t on_remember(void *ctx, const char *origin, const char *key,
			   const void *bytes, uint64_t n, struct hyp_error *err)
{
	static int count;
	const char *path = env("DRIVE_REMEMBER", NULL);
	FILE *f;

	if (++count == atoi(env("DRIVE_DIE", "0")))
		kill(getpid(), SIGKILL);
	f = path != NULL ? fopen(path, "w") : NULL;

	(void)ctx;
	(void)origin;
	if (path != NULL &&
	    (f == NULL || fwrite(bytes, 1, n, f) != n || fclose(f) != 0))
		return hyp_error_set(err, HYP_E_PERMANENT, "io_error", 0,
				     "cannot write %s", path);
	say("remember %s", key);
	return 0;
}

static int32_t on_forget(void *ctx, const char *origin, const char *key,
			 struct hyp_error *err)
{
	const char *path = env("DRIVE_REMEMBER", NULL);

	(void)ctx;
	(void)origin;
	(void)err;
	if (path != NULL)
		unlink(path);
	say("forget %s", key);
	return 0;
}

static void on_log(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	fprintf(stderr, "log %u %s\n", line->level, line->text);
}

/* list, lookup, machine, preflight */

static int32_t add_vm(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	(void)ctx;
	(void)err;
	say("vm %s\t%s\t%s\tpower=%u flags=%u cpu=%u mb=%" PRIu64
	    " storage=%" PRIu64 " host=%s guest=%s firmware=%s endpoint=%s",
	    vm->id, vm->path, vm->name, vm->power, vm->flags, vm->num_cpu,
	    vm->memory_mb, vm->storage_bytes, vm->host, vm->guest_os,
	    vm->firmware, vm->endpoint);
	return 0;
}

static int32_t set_machine(void *ctx, const struct hyp_machine *m,
			   struct hyp_error *err)
{
	(void)ctx;
	(void)err;
	say("machine %s cpu=%u cores=%u mb=%" PRIu64
	    " guest=%s firmware=%s hardware=%s secure=%u uuid=%s note=%s",
	    m->name, m->num_cpu, m->cores_per_socket, m->memory_mb, m->guest_id,
	    m->firmware, m->hardware, m->secure_boot, m->uuid, m->annotation);
	for (uint32_t i = 0; i < m->controller_count; i++) {
		const struct hyp_controller *c =
			HYP_AT(struct hyp_controller, m->controllers,
			       m->controller_stride, i);
		say("controller %u bus=%u %s", c->type, c->bus, c->subtype);
	}
	for (uint32_t i = 0; i < m->disk_count; i++) {
		const struct hyp_vdisk *d =
			HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, i);
		say("disk %s controller=%u unit=%u capacity=%" PRIu64 " %s",
		    d->device_id, d->controller, d->unit, d->capacity,
		    d->label);
	}
	for (uint32_t i = 0; i < m->nic_count; i++) {
		const struct hyp_nic *n =
			HYP_AT(struct hyp_nic, m->nics, m->nic_stride, i);
		say("nic %s %s %s", n->subtype, n->network, n->label);
	}
	return 0;
}

static int32_t add_finding(void *ctx, const struct hyp_finding *f,
			   struct hyp_error *err)
{
	(void)ctx;
	(void)err;
	say("finding %u %d %s %s", f->level, f->code, f->kind, f->text);
	return 0;
}

static struct hyp_open_args open_args(const char *mode, const char *id)
{
	struct hyp_open_args args = {
		.size = sizeof(args),
		.mode = strcmp(mode, "cold") == 0  ? HYP_MODE_COLD
			: strcmp(mode, "hot") == 0 ? HYP_MODE_HOT
						   : HYP_MODE_AUTO,
		.with_images = getenv("DRIVE_IMAGES") != NULL,
		.digest = hyp_digest_by_name(env("DRIVE_DIGEST", "sha256")),
		.vm_id = id,
	};
	return args;
}

/* export */

struct file {
	struct hyp_file info;
	char id[512], name[64];
	const char *dir;
	void *exported;
	uint32_t index;
	int fd;
	uint64_t bytes;
	struct hyp_hasher *hasher;
	struct hyp_vmdk_check *check;
	uint32_t restarts;
	int32_t rc;
	struct hyp_error err;
};

struct files {
	struct file at[FILES_MAX];
	uint32_t count;
};

static int32_t add_file(void *ctx, const struct hyp_file *f,
			struct hyp_error *err)
{
	struct files *files = ctx;
	struct file *to = &files->at[files->count];

	if (files->count == FILES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "more than %d files", FILES_MAX);
	memcpy(&to->info, f, sizeof(to->info));
	snprintf(to->id, sizeof(to->id), "%s", f->device_id);
	snprintf(to->name, sizeof(to->name),
		 f->role == HYP_ROLE_DISK    ? "disk-%u.vmdk"
		 : f->role == HYP_ROLE_NVRAM ? "file-%u.nvram"
					     : "file-%u.bin",
		 files->count);
	to->info.device_id = to->id;
	to->info.name = to->name;
	to->index = files->count++;
	return 0;
}

static int32_t take(void *ctx, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	struct file *f = ctx;
	int32_t rc = 0;

	if (strcmp(env("DRIVE_DIE", ""), "copy") == 0)
		kill(getpid(), SIGKILL);
	if (getenv("DRIVE_NULL") != NULL) {
		f->bytes += n;
		return 0;
	}
	if (write(f->fd, buf, n) != (ssize_t)n)
		return hyp_error_set(err, HYP_E_RESOURCE, "io_error", 0,
				     "write");
	f->bytes += n;
	rc = hyp_hasher_update(f->hasher, buf, n, err);
	if (rc == 0 && f->info.role == HYP_ROLE_DISK)
		rc = hyp_vmdk_check_feed(f->check, buf, n, err);
	return rc;
}

static int32_t copy_once(struct file *f)
{
	struct hyp_writer out = {.size = sizeof(out), .ctx = f, .write = take};
	struct hyp_vmdk_summary summary;
	int32_t rc;

	f->bytes = 0;
	if (ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0)
		return hyp_error_set(&f->err, HYP_E_RESOURCE, "io_error", 0,
				     "truncate");
	hyp_vmdk_check_reset(f->check);
	hyp_hasher_reset(f->hasher, &f->err);
	rc = calls->copy(f->exported, f->index, &out, &f->err);
	if (rc == 0 && f->info.role == HYP_ROLE_DISK &&
	    getenv("DRIVE_NULL") == NULL)
		rc = hyp_vmdk_check_end(f->check, &summary, &f->err);
	return rc;
}

static void *copy_main(void *arg)
{
	struct file *f = arg;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", f->dir, f->name);
	f->fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	hyp_vmdk_check_new(&f->check, &f->err);
	hyp_hasher_new(HYP_DIGEST_SHA256, &f->hasher, &f->err);
	for (;;) {
		f->rc = copy_once(f);
		if (f->rc != HYP_E_TRANSIENT || f->restarts == RESTARTS)
			break;
		f->restarts++;
		say("restart %u %s %s", f->index, f->err.kind, f->err.text);
	}
	if (f->rc == 0)
		f->rc = hyp_hasher_final(f->hasher, &f->info.digest, &f->err);
	f->info.bytes = f->bytes;
	hyp_vmdk_check_free(f->check);
	hyp_hasher_free(f->hasher);
	close(f->fd);
	return NULL;
}

static int32_t copy_all(struct files *files, struct hyp_error *err)
{
	pthread_t threads[FILES_MAX];
	int serial = getenv("DRIVE_SERIAL") != NULL;
	int32_t rc = 0;

	for (uint32_t i = 0; i < files->count; i++) {
		if (serial)
			copy_main(&files->at[i]);
		else
			pthread_create(&threads[i], NULL, copy_main,
				       &files->at[i]);
	}
	for (uint32_t i = 0; i < files->count; i++) {
		if (!serial)
			pthread_join(threads[i], NULL);
		if (files->at[i].rc != 0 && rc == 0) {
			rc = files->at[i].rc;
			*err = files->at[i].err;
		}
	}
	return rc;
}

static int32_t add_proof(void *ctx, const struct hyp_proof *p,
			 struct hyp_error *err)
{
	struct files *files = ctx;
	struct file *f = &files->at[p->index];
	char hex[HYP_DIGEST_HEX_MAX];

	(void)err;
	hyp_digest_hex(&p->digest, hex);
	say("proof %u bytes=%s capacity=%" PRIu64 " digest=%s:%s:%s", p->index,
	    p->bytes == HYP_UNKNOWN	? "unknown"
	    : p->bytes == f->info.bytes ? "equal"
					: "other",
	    p->capacity,
	    p->digest.length ? hyp_digest_name(p->digest.algorithm) : "none",
	    p->digest.length == 0			    ? ""
	    : hyp_digest_equal(&p->digest, &f->info.digest) ? "equal"
							    : "other",
	    hex);
	f->info.populated = p->populated;
	return 0;
}

static int32_t prove(void *exported, struct files *files, struct hyp_error *err)
{
	struct hyp_proof_sink sink = {
		.size = sizeof(sink), .ctx = files, .add = add_proof};
	int32_t rc = calls->proof(exported, &sink, err);

	if (rc == HYP_E_UNSUPPORTED) {
		say("proof none %s", err->text);
		rc = 0;
	}
	return rc;
}

static int32_t describe(void *exported, const struct files *files,
			uint32_t count, struct hyp_error *err)
{
	static struct hyp_file list[FILES_MAX];
	struct hyp_buf text = HYP_BUF_INIT(16u << 20);
	struct hyp_writer out = {
		.size = sizeof(out), .ctx = &text, .write = hyp_buf_write};
	char path[PATH_MAX];
	FILE *f;
	int32_t rc;

	for (uint32_t i = 0; i < count; i++)
		list[i] = files->at[i].info;
	rc = calls->describe(exported, list, sizeof(list[0]), count, &out, err);
	if (rc == HYP_E_UNSUPPORTED) {
		say("descriptor none %s", err->text);
		rc = 0;
	} else if (rc == 0 && count > 0) {
		snprintf(path, sizeof(path), "%s/vm.ovf", files->at[0].dir);
		f = fopen(path, "w");
		fwrite(text.data, 1, text.len, f);
		fclose(f);
		say("descriptor %zu", text.len);
	}
	hyp_buf_fini(&text);
	return rc;
}

static int32_t run_export(void *exported, const char *dir,
			  struct hyp_error *err)
{
	static struct files files;
	struct hyp_file_sink sink = {
		.size = sizeof(sink), .ctx = &files, .add = add_file};
	int32_t rc = calls->files(exported, &sink, err);

	for (uint32_t i = 0; i < files.count; i++) {
		files.at[i].dir = dir;
		files.at[i].exported = exported;
	}
	if (rc == 0)
		rc = describe(exported, &files, 0, err);
	if (rc == 0)
		rc = copy_all(&files, err);
	if (rc == 0)
		rc = prove(exported, &files, err);
	if (rc == 0)
		rc = describe(exported, &files, files.count, err);
	for (uint32_t i = 0; i < files.count; i++) {
		const struct file *f = &files.at[i];
		char hex[HYP_DIGEST_HEX_MAX];

		hyp_digest_hex(&f->info.digest, hex);
		say("file %s role=%u bytes=%" PRIu64 " capacity=%" PRIu64
		    " sha256=%s restarts=%u id=%s",
		    f->name, f->info.role, f->info.bytes, f->info.capacity, hex,
		    f->restarts, f->id);
	}
	return rc;
}

static int do_export(struct hyp_instance *instance, char **argv)
{
	struct hyp_open_args args = open_args(argv[0], argv[1]);
	struct hyp_error err, ignored;
	void *exported;

	if (calls->open(instance, &args, &exported, &err) != 0)
		return failed(&err);
	say("opened");
	if (run_export(exported, argv[2], &err) != 0) {
		calls->abort(exported);
		return failed(&err);
	}
	(void)ignored;
	if (calls->finish(exported, &err) != 0)
		return failed(&err);
	say("finished");
	return 0;
}

static int do_undo(struct hyp_instance *instance, const char *path)
{
	struct hyp_error err;
	size_t n;
	char *bytes;

	if (hyp_file_read_small(path, 65536, &bytes, &n, &err) != 0 ||
	    calls->undo(instance, "export", bytes, n, &err) != 0)
		return failed(&err);
	free(bytes);
	say("undone");
	return 0;
}

static int command(struct hyp_instance *i, int argc, char **argv)
{
	struct hyp_vm_sink vms = {.size = sizeof(vms), .add = add_vm};
	struct hyp_machine_sink machine = {.size = sizeof(machine),
					   .set = set_machine};
	struct hyp_finding_sink findings = {.size = sizeof(findings),
					    .add = add_finding};
	struct hyp_vm_filter filter = {.size = sizeof(filter),
				       .glob = argc > 1 ? argv[1] : NULL};
	struct hyp_open_args args;
	struct hyp_error err;
	int32_t rc = -1;

	if (strcmp(argv[0], "export") == 0 && argc == 4)
		return do_export(i, argv + 1);
	if (strcmp(argv[0], "undo") == 0 && argc == 2)
		return do_undo(i, argv[1]);
	if (strcmp(argv[0], "list") == 0)
		rc = calls->list(i, &filter, &vms, &err);
	else if (strcmp(argv[0], "lookup") == 0 && argc == 2)
		rc = calls->lookup(i, argv[1], &vms, &err);
	else if (strcmp(argv[0], "machine") == 0 && argc == 2)
		rc = calls->machine(i, argv[1], &machine, &err);
	else if (strcmp(argv[0], "preflight") == 0 && argc == 3) {
		args = open_args(argv[1], argv[2]);
		rc = calls->preflight(i, &args, &findings, &err);
	} else
		hyp_error_set(&err, HYP_E_USAGE, "usage", 0, "see the source");
	return rc == 0 ? 0 : failed(&err);
}

static void *cancel_main(void *arg)
{
	long ms = atol(env("DRIVE_CANCEL_MS", "0"));

	nanosleep(&(struct timespec){.tv_sec = ms / 1000,
				     .tv_nsec = ms % 1000 * 1000000},
		  NULL);
	say("cancelling");
	hyp_cancel_set(arg);
	return NULL;
}

static int run(const struct hyp_loaded *plugin, struct hyp_values *values,
	       int argc, char **argv)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_host_job job = {.job_id = env("DRIVE_JOB", "job-1"),
				   .attempt = 1,
				   .warning = on_warning,
				   .fact = on_fact,
				   .remember = on_remember,
				   .forget = on_forget};
	struct hyp_options *options = NULL;
	struct hyp_host_table *table = NULL;
	struct hyp_instance *instance = NULL;
	struct hyp_error err;
	uint64_t begin;
	pthread_t canceller;
	int rc = 1;

	if (hyp_cancel_new(&job.cancel, &err) != 0 ||
	    hyp_host_table_new(&job, "provider", &table, &err) != 0)
		return failed(&err);
	if (hyp_options_fill(&plugin->options, values, "provider", 0, &options,
			     &problems) != 0) {
		hyp_problems_error(&problems, &err);
		failed(&err);
	} else if (hyp_instance_new(plugin, options, hyp_host_table_get(table),
				    NULL, &instance, &err) != 0) {
		failed(&err);
	} else {
		if (getenv("DRIVE_CANCEL_MS") != NULL &&
		    pthread_create(&canceller, NULL, cancel_main, job.cancel) ==
			    0)
			pthread_detach(canceller);
		begin = hyp_clock_boot_ms();
		rc = command(instance, argc, argv);
		hyp_instance_free(instance);
		say("elapsed_ms %" PRIu64, hyp_clock_boot_ms() - begin);
	}
	hyp_problems_fini(&problems);
	hyp_options_free(options);
	hyp_host_table_free(table);
	if (getenv("DRIVE_CANCEL_MS") == NULL)
		hyp_cancel_free(job.cancel);
	return rc;
}

int main(int argc, char **argv)
{
	const char *dirs[] = {env("DRIVE_DIRS", "stage/plugins")};
	struct hyp_values values = HYP_VALUES_INIT;
	struct hyp_registry *registry;
	const struct hyp_loaded *plugin;
	char self[PATH_MAX] = "";
	struct hyp_error err;
	int i = 2, rc = 1;

	if (argc == 3 && strcmp(argv[1], "--probe-plugin") == 0)
		return hyp_probe_main(argv[2]);
	hyp_log_set_level(HYP_LOG_DEBUG);
	hyp_log_set_sink(on_log, NULL);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || argc < 3)
		return 2;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *eq = strchr(argv[i], '=');

		if (eq == NULL)
			return 2;
		*eq = '\0';
		hyp_values_set(&values, argv[i], HYP_VALUE_TEXT, eq + 1,
			       "command line", 0, &err);
	}
	if (i + 1 >= argc)
		return 2;
	if (hyp_registry_new(dirs, 1, self, &registry, &err) != 0)
		return failed(&err);
	if (hyp_registry_find(registry, HYP_KIND_PROVIDER, argv[1], &plugin,
			      &err) != 0)
		failed(&err);
	else
		rc = run(plugin, &values, argc - i - 1, argv + i + 1);
	hyp_registry_free(registry);
	hyp_values_fini(&values);
	return rc;
}
