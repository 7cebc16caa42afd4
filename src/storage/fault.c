/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/fault.h"

#include "base/alloc.h"
#include "base/error.h"

#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

struct armed_rule {
    struct fault_rule rule;
    char *key;
    uint64_t matched;
};

struct fault {
    struct decorator decorator;
    const struct env *env;
    pthread_mutex_t lock; /* guards all below */
    uint64_t random;
    struct armed_rule rules[FAULT_RULES_MAX];
    size_t count;
    uint64_t calls[PROVIDER_OP_COUNT];
    uint64_t fired;
};

/* What all rules together do to one call. */
struct plan {
    uint32_t actions; /* bit per fault_action */
    inlay_status before;
    inlay_status after;
    uint64_t delay_ns;
    uint64_t shuffle_seed;
};

#define HAS(plan, action) (((plan)->actions >> (action)) & 1u)

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Call with the lock held; counts the match. */
static bool rule_fires(struct fault *fault, struct armed_rule *armed,
                       const struct provider_call *call)
{
    const struct fault_rule *rule = &armed->rule;
    uint64_t times = rule->times != 0 ? rule->times : 1;
    if (rule->ops != 0 && (rule->ops & PROVIDER_OP_BIT(call->op)) == 0) {
        return false;
    }
    if (armed->key != NULL && fnmatch(armed->key, call->key, 0) != 0) {
        return false;
    }
    armed->matched++;
    if (rule->nth != 0) {
        return armed->matched >= rule->nth && armed->matched - rule->nth < times;
    }
    return (double)(random_next(&fault->random) >> 11) * 0x1p-53 < rule->probability;
}

static struct plan plan_make(struct fault *fault, const struct provider_call *call)
{
    struct plan plan = {0};
    size_t i;
    pthread_mutex_lock(&fault->lock);
    fault->calls[call->op]++;
    for (i = 0; i < fault->count; i++) {
        const struct fault_rule *rule = &fault->rules[i].rule;
        inlay_status status = rule->status != INLAY_OK ? rule->status : INLAY_UNAVAILABLE;
        if (!rule_fires(fault, &fault->rules[i], call)) {
            continue;
        }
        fault->fired++;
        plan.actions |= 1u << rule->action;
        plan.delay_ns += rule->action == FAULT_DELAY ? rule->delay_ns : 0;
        if (rule->action == FAULT_FAIL_BEFORE && plan.before == INLAY_OK) {
            plan.before = status;
        }
        if (rule->action == FAULT_FAIL_AFTER && plan.after == INLAY_OK) {
            plan.after = status;
        }
        if (rule->action == FAULT_LOSE_RESPONSE && plan.after == INLAY_OK) {
            plan.after = INLAY_UNAVAILABLE;
        }
    }
    plan.shuffle_seed = HAS(&plan, FAULT_SHUFFLE) ? random_next(&fault->random) : 0;
    pthread_mutex_unlock(&fault->lock);
    return plan;
}

static inlay_status injected(const struct provider_call *call, inlay_status status,
                             const char *when, inlay_error *err)
{
    error_set(err, status, "injected fault: %s failed %s its effect", provider_op_name(call->op),
              when);
    error_key(err, call->key);
    return status;
}

/* The same write arriving once more; whatever comes of it, nobody hears. */
static void run_again(struct fault *fault, const struct provider_call *call)
{
    struct provider_call again = *call;
    char etag[ETAG_SIZE];
    const uint32_t repeatable = PROVIDER_WRITES | PROVIDER_OP_BIT(PROVIDER_MULTIPART_PART);
    if ((repeatable & PROVIDER_OP_BIT(call->op)) != 0) {
        again.etag = call->etag != NULL ? etag : NULL;
        (void)provider_call_run(fault->decorator.inner, &again, NULL);
    }
}

static void shuffle(struct object_page *page, uint64_t seed)
{
    size_t i;
    for (i = page->count; i > 1; i--) {
        size_t other = (size_t)(random_next(&seed) % i);
        struct object_entry entry = page->entries[i - 1];
        page->entries[i - 1] = page->entries[other];
        page->entries[other] = entry;
    }
}

/* True: the call's bytes were cut. */
static bool truncate_read(struct provider_call *call)
{
    if (call->object != NULL && call->object->size != 0) {
        call->object->size /= 2;
        return true;
    }
    if (call->range_count != 0) {
        const struct object_range *last = &call->ranges[call->range_count - 1];
        memset(last->into, 0xa5, (size_t)last->length);
        return true;
    }
    return false;
}

static inlay_status fault_around(struct decorator *decorator, struct provider_call *call,
                                 inlay_error *err)
{
    struct fault *fault = (struct fault *)decorator;
    struct plan plan = plan_make(fault, call);
    inlay_status status;
    if (plan.delay_ns != 0) {
        fault->env->sleep_ns(fault->env->context, plan.delay_ns);
    }
    if (HAS(&plan, FAULT_KILL_BEFORE)) {
        (void)raise(SIGKILL);
    }
    if (plan.before != INLAY_OK && call->op != PROVIDER_MULTIPART_ABORT) {
        return injected(call, plan.before, "before", err);
    }
    status = provider_call_run(decorator->inner, call, err);
    if (HAS(&plan, FAULT_DUPLICATE)) {
        run_again(fault, call);
    }
    if (HAS(&plan, FAULT_KILL_AFTER)) {
        (void)raise(SIGKILL);
    }
    if (status != INLAY_OK) {
        return status;
    }
    if (plan.after != INLAY_OK) {
        provider_call_drop(call);
        return injected(call, plan.after, "after", err);
    }
    if (HAS(&plan, FAULT_SHUFFLE) && call->page != NULL) {
        shuffle(call->page, plan.shuffle_seed);
    }
    /* A cut object is noticed by the checked entry point above; a cut range has no length. */
    if (HAS(&plan, FAULT_TRUNCATE) && truncate_read(call) && call->range_count != 0) {
        return injected(call, INLAY_UNAVAILABLE, "within", err);
    }
    return INLAY_OK;
}

static void rules_free(struct fault *fault)
{
    size_t i;
    for (i = 0; i < fault->count; i++) {
        mem_free(fault->rules[i].key);
    }
    fault->count = 0;
}

static void fault_free(struct decorator *decorator)
{
    struct fault *fault = (struct fault *)decorator;
    rules_free(fault);
    pthread_mutex_destroy(&fault->lock);
    mem_free(fault);
}

inlay_status provider_fault_wrap(struct provider *inner, bool take, uint64_t seed,
                                 const struct env *env, struct provider **out, inlay_error *err)
{
    static const struct decorator_hooks hooks = {.around = fault_around, .free = fault_free};
    struct fault *fault = mem_zalloc(sizeof(*fault));
    *out = NULL;
    if (fault == NULL) {
        return error_no_memory(err);
    }
    if (pthread_mutex_init(&fault->lock, NULL) != 0) {
        mem_free(fault);
        return error_no_memory(err);
    }
    decorator_init(&fault->decorator, &hooks, inner, take);
    fault->random = seed;
    fault->env = env != NULL ? env : env_system();
    *out = &fault->decorator.provider;
    return INLAY_OK;
}

inlay_status provider_fault_add(struct provider *provider, const struct fault_rule *rule,
                                inlay_error *err)
{
    struct fault *fault = (struct fault *)provider;
    char *key = NULL;
    inlay_status status = INLAY_OK;
    if (rule->key != NULL) {
        key = mem_strdup(rule->key);
        if (key == NULL) {
            return error_no_memory(err);
        }
    }
    pthread_mutex_lock(&fault->lock);
    if (fault->count == FAULT_RULES_MAX) {
        status = error_set(err, INLAY_OVER_BUDGET, "no more than %d fault rules", FAULT_RULES_MAX);
        mem_free(key);
    } else {
        fault->rules[fault->count++] = (struct armed_rule){*rule, key, 0};
    }
    pthread_mutex_unlock(&fault->lock);
    return status;
}

void provider_fault_clear(struct provider *provider)
{
    struct fault *fault = (struct fault *)provider;
    pthread_mutex_lock(&fault->lock);
    rules_free(fault);
    memset(fault->calls, 0, sizeof(fault->calls));
    fault->fired = 0;
    pthread_mutex_unlock(&fault->lock);
}

uint64_t provider_fault_calls(struct provider *provider, uint32_t ops)
{
    struct fault *fault = (struct fault *)provider;
    uint64_t total = 0;
    unsigned op;
    pthread_mutex_lock(&fault->lock);
    for (op = 0; op < PROVIDER_OP_COUNT; op++) {
        total += ops == 0 || (ops & PROVIDER_OP_BIT(op)) != 0 ? fault->calls[op] : 0;
    }
    pthread_mutex_unlock(&fault->lock);
    return total;
}

uint64_t provider_fault_fired(struct provider *provider)
{
    struct fault *fault = (struct fault *)provider;
    uint64_t fired;
    pthread_mutex_lock(&fault->lock);
    fired = fault->fired;
    pthread_mutex_unlock(&fault->lock);
    return fired;
}
