// PropertyCollector with pages: the server's cap on objects per answer, and
// ContinueRetrievePropertiesEx. It also repairs two things of the library's:
// waits on the shared collector of two sessions do not disturb each other,
// and an expired session ends its wait.
package main

import (
	"fmt"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// PropertyCollector replaces the library's; one exists per session.
type PropertyCollector struct {
	simulator.PropertyCollector

	mu     sync.Mutex
	next   int
	rest   map[string][]types.ObjectContent
	size   map[string]int
	update *updateHandler
}

// updateHandler hands object changes to one collector under a name of its
// own; the library registers all sessions' shared collectors under one name.
type updateHandler struct {
	*simulator.PropertyCollector
	ref types.ManagedObjectReference
}

func (h *updateHandler) Reference() types.ManagedObjectReference { return h.ref }

// sessionWaits are the collectors of one session: true while they wait.
type sessionWaits map[*PropertyCollector]bool

var (
	waitMu sync.Mutex
	waits  = map[string]sessionWaits{}
)

// cancelWaits ends the waits of a session that is gone.
func cancelWaits(session string) {
	waitMu.Lock()
	list := waits[session]
	delete(waits, session)
	waitMu.Unlock()
	for pc, waiting := range list {
		if waiting {
			pc.PropertyCollector.CancelWaitForUpdates(&types.CancelWaitForUpdates{This: pc.Self})
		}
		pc.drop()
	}
}

func (pc *PropertyCollector) drop() {
	pc.mu.Lock()
	h := pc.update
	pc.update = nil
	pc.mu.Unlock()
	if h != nil {
		simulator.Map.RemoveHandler(h)
	}
}

func (pc *PropertyCollector) page(body *methods.RetrievePropertiesExBody, limit int) {
	if body.Res == nil || body.Res.Returnval == nil {
		return
	}
	all := body.Res.Returnval.Objects
	if limit <= 0 || len(all) <= limit {
		return
	}
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if pc.rest == nil {
		pc.rest, pc.size = map[string][]types.ObjectContent{}, map[string]int{}
	}
	pc.next++
	token := fmt.Sprint(pc.next)
	pc.rest[token], pc.size[token] = all[limit:], limit
	body.Res.Returnval.Objects = all[:limit:limit]
	body.Res.Returnval.Token = token
}

func (pc *PropertyCollector) RetrievePropertiesEx(ctx *simulator.Context, r *types.RetrievePropertiesEx) soap.HasFault {
	res := pc.PropertyCollector.RetrievePropertiesEx(ctx, r)
	body, ok := res.(*methods.RetrievePropertiesExBody)
	if !ok || res.Fault() != nil {
		return res
	}
	limit := theVcenter.pageCap()
	if r.Options.MaxObjects > 0 && (limit <= 0 || int(r.Options.MaxObjects) < limit) {
		limit = int(r.Options.MaxObjects)
	}
	pc.page(body, limit)
	theVcenter.stats.add(func(c *counters) { c.Pages++ })
	return body
}

func (pc *PropertyCollector) ContinueRetrievePropertiesEx(ctx *simulator.Context, r *types.ContinueRetrievePropertiesEx) soap.HasFault {
	body := new(methods.ContinueRetrievePropertiesExBody)
	pc.mu.Lock()
	defer pc.mu.Unlock()
	rest, ok := pc.rest[r.Token]
	if !ok {
		body.Fault_ = simulator.Fault("A specified parameter was not correct: token", &types.InvalidArgument{InvalidProperty: "token"})
		return body
	}
	limit := pc.size[r.Token]
	delete(pc.rest, r.Token)
	delete(pc.size, r.Token)
	out := types.RetrieveResult{Objects: rest}
	if len(rest) > limit {
		pc.next++
		out.Token = fmt.Sprint(pc.next)
		out.Objects = rest[:limit:limit]
		pc.rest[out.Token], pc.size[out.Token] = rest[limit:], limit
	}
	theVcenter.stats.add(func(c *counters) { c.Pages++ })
	body.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: out}
	return body
}

func (pc *PropertyCollector) CancelRetrievePropertiesEx(ctx *simulator.Context, r *types.CancelRetrievePropertiesEx) soap.HasFault {
	body := new(methods.CancelRetrievePropertiesExBody)
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if _, ok := pc.rest[r.Token]; !ok {
		body.Fault_ = simulator.Fault("A specified parameter was not correct: token", &types.InvalidArgument{InvalidProperty: "token"})
		return body
	}
	delete(pc.rest, r.Token)
	delete(pc.size, r.Token)
	body.Res = new(types.CancelRetrievePropertiesExResponse)
	return body
}

// RetrieveProperties is never paged.
func (pc *PropertyCollector) RetrieveProperties(ctx *simulator.Context, r *types.RetrieveProperties) soap.HasFault {
	return pc.PropertyCollector.RetrieveProperties(ctx, r)
}

func (pc *PropertyCollector) CreatePropertyCollector(ctx *simulator.Context, c *types.CreatePropertyCollector) soap.HasFault {
	return &methods.CreatePropertyCollectorBody{
		Res: &types.CreatePropertyCollectorResponse{Returnval: ctx.Session.Put(new(PropertyCollector)).Reference()},
	}
}

func (pc *PropertyCollector) DestroyPropertyCollector(ctx *simulator.Context, c *types.DestroyPropertyCollector) soap.HasFault {
	pc.drop()
	return pc.PropertyCollector.DestroyPropertyCollector(ctx, c)
}

func (pc *PropertyCollector) WaitForUpdatesEx(ctx *simulator.Context, r *types.WaitForUpdatesEx) soap.HasFault {
	key := ctx.Session.Key
	waitMu.Lock()
	if waits[key] == nil {
		waits[key] = sessionWaits{}
	}
	waits[key][pc] = true
	waitMu.Unlock()
	if r.Version == "" {
		pc.listen(key) // before the first look, so that no change falls between
	}
	res := pc.PropertyCollector.WaitForUpdatesEx(ctx, r)
	if r.Version == "" {
		simulator.Map.RemoveHandler(&pc.PropertyCollector)
	}
	waitMu.Lock()
	list := waits[key]
	if list != nil {
		list[pc] = false
	}
	waitMu.Unlock()
	if list == nil { // the session died meanwhile
		pc.drop()
		return &methods.WaitForUpdatesExBody{Fault_: simulator.Fault("The session is not authenticated.",
			&types.NotAuthenticated{NoPermission: types.NoPermission{Object: r.This, PrivilegeId: "System.View"}})}
	}
	return res
}

// WaitForUpdates is the old form that pyvmomi uses.
func (pc *PropertyCollector) WaitForUpdates(ctx *simulator.Context, r *types.WaitForUpdates) soap.HasFault {
	body := new(methods.WaitForUpdatesBody)
	res := pc.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{This: r.This, Version: r.Version})
	if body.Fault_ = res.Fault(); body.Fault_ == nil {
		body.Res = &types.WaitForUpdatesResponse{Returnval: *res.(*methods.WaitForUpdatesExBody).Res.Returnval}
	}
	return body
}

// listen registers the collector for updates under a name that no other
// session uses.
func (pc *PropertyCollector) listen(session string) {
	pc.mu.Lock()
	if pc.update == nil {
		pc.update = &updateHandler{&pc.PropertyCollector, types.ManagedObjectReference{
			Type: "HypUpdates", Value: session + "/" + pc.Self.Value,
		}}
	}
	h := pc.update
	pc.mu.Unlock()
	simulator.Map.AddHandler(h)
}

var _ mo.Reference = (*PropertyCollector)(nil)
