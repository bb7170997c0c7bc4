"""One running stack: everything started in the order of its needs, and ended in reverse."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from localdev.cluster.addresses import Addresses
from localdev.cluster.always_on import AlwaysOn
from localdev.cluster.certificates import Certificates, ensure_certificates
from localdev.cluster.children import Kept, Program, keep, together
from localdev.cluster.credentials import Values, load_secrets
from localdev.cluster.engines import KeptEngines, engine_secrets, needs_engines
from localdev.cluster.gateway import GatewayPorts, gateway_program
from localdev.cluster.manifests import Reference, autoscaler_settings, load_workloads
from localdev.cluster.metrics import Metrics
from localdev.cluster.options import Options
from localdev.cluster.programs import (
    DISPATCHER_STATUS,
    mail_program,
    sink_program,
    source_programs,
    stripe_program,
)
from localdev.cluster.state import State
from localdev.cluster.status import observe
from localdev.cluster.stripe import Stripe, choose_stripe
from localdev.cluster.tools import index_environ, run_tool
from localdev.cluster.values import resolve
from localdev.serving.endpoints import Endpoints
from localdev.serving.platform import Platform
from localdev.serving.starting.choice import make_starter
from localdev.telemetry.site import Site
from localdev.telemetry.spans import Tracer
from localdev.telemetry.store import Telemetry
from shared.runtime.objects import ObjectStore
from shared.runtime.settings import ObjectStoreSettings

Report = Callable[[str], None]
_AUTHORIZER = "authorize-request"
_SOCKET = "stream-notifications"
_ENDPOINTS = "endpoints.json"
# Without it the authoriser wakes nothing.
_WARMING_VARIABLE = "SERVICE_URL"


class Stack:
    """The parts of a stack, as far as they have been started."""

    def __init__(self, options: Options, state: State, report: Report) -> None:
        self.options = options
        self.state = state
        self.addresses = Addresses()
        self.workloads = load_workloads(options.workload_folders)
        self.certificates: Certificates = ensure_certificates(state.root / "certificates")
        self.engines = KeptEngines(state, report)
        self.secrets: Values = {}
        self.stripe: Stripe = choose_stripe(state, self.addresses)
        self.telemetry = Telemetry()
        self.starter = make_starter(options.start, state)
        self.serving = Platform(
            state,
            self.starter,
            autoscaler_settings(options.cluster_settings).limited(options.max_scale_limit),
            Endpoints(state.root / _ENDPOINTS, self.addresses.activator.port),
            window_seconds=options.window_seconds,
            tracer=self._tracer(),
        )
        self.always_on: dict[str, AlwaysOn] = {}
        self.children: dict[str, Kept] = {}
        self.metrics: Metrics | None = None
        self._report = report
        self._ending = AsyncExitStack()

    @property
    def telemetry_url(self) -> str:
        """Where spans and measurements are sent, and shown; empty without telemetry."""
        return self.addresses.telemetry_site if self.options.has_telemetry else ""

    async def start(self) -> None:
        """Starts all parts; what was started before a failure is ended by ``stop``."""
        self._ending.callback(self.addresses.close)
        if self.telemetry_url:
            await self._start_telemetry()
        references = self._references
        if needs_engines(references) or self.options.has_eventing:
            self._report("starting the engines")
            self._ending.push_async_callback(self.engines.stop)
            await self.engines.start()
        given = engine_secrets(self.engines.by_name, references) | self.stripe.secrets
        self.secrets = load_secrets(self.state.root / "secrets.json", references, given)
        await together(self._prepare_stores(), self._start_helpers())
        await self._start_functions()
        await self._start_sources()
        await self._start_gateway()

    async def stop(self) -> None:
        """Ends everything that was started, last first."""
        await self._ending.aclose()

    def _tracer(self) -> Tracer | None:
        if not self.telemetry_url:
            return None
        way = "fork" if self.options.start == "zygote" else "exec"
        return Tracer("activator", self.telemetry.traces.add, {"popshop.start": way})

    async def _start_telemetry(self) -> None:
        site = Site(self.telemetry, self.state, partial(observe, self))
        self._ending.push_async_callback(site.close)
        await site.start(self.addresses.telemetry.port)

    # ---- what functions stand on

    async def _prepare_stores(self) -> None:
        """Indexes and the bucket: a deployment makes them, functions find them."""
        environ = index_environ(self.secrets)
        if environ:
            self._report("making the indexes")
            await run_tool("indexes", ["knative.indexes"], self.state, environ)
        if store := self.secrets.get("popshop-s3"):
            await asyncio.to_thread(_ensure_bucket, store)

    async def _start_helpers(self) -> None:
        programs = [mail_program(self.state, self.addresses)]
        if self.stripe.is_fake:
            programs.append(stripe_program(self.state, self.addresses, self.stripe.keys))
        if self.options.has_eventing:
            folder, bootstrap = self.options.eventing_folder, self._bootstrap
            programs.append(sink_program(folder, self.addresses, bootstrap, self.telemetry_url))
        self._report(f"starting {', '.join(program.name for program in programs)}")
        await self._start_children(programs)

    @property
    def _references(self) -> list[Reference]:
        return [item for workload in self.workloads for item in workload.references]

    @property
    def _bootstrap(self) -> str:
        """Kafka's brokers, empty in a stack without one."""
        kafka = self.engines.by_name.get("kafka")
        return str(kafka.url) if kafka else ""

    # ---- functions

    async def _start_functions(self) -> None:
        config = self.addresses.config_maps(
            self.stripe.api_base, self._bootstrap, self.options.routes, self.telemetry_url
        )
        variables = {item.name: resolve(item, self.secrets, config) for item in self.workloads}
        if not self.options.is_warming:
            for item in self.workloads:
                if item.name.endswith(_AUTHORIZER):
                    variables[item.name].pop(_WARMING_VARIABLE, None)
        self._ending.push_async_callback(self.starter.close)
        preparing = asyncio.create_task(self.starter.prepare(self.workloads))
        self._ending.push_async_callback(_ended, preparing)
        for item in self.workloads:
            if not item.is_always_on:
                self.serving.add(item, variables[item.name])
        self._report(f"{len(self.serving.pilots)} functions, each started when it is needed")
        self._ending.push_async_callback(self.serving.close)
        await self.serving.start(self.addresses.activator.port)
        await self._start_deployments(variables)

    async def _start_deployments(self, variables: Mapping[str, Mapping[str, str]]) -> None:
        deployments = [item for item in self.workloads if item.is_always_on]
        self.always_on = {
            item.name: AlwaysOn(item, self.starter, self.state) for item in deployments
        }
        self._end_together(item.stop for item in self.always_on.values())
        await together(*(item.start(variables[name]) for name, item in self.always_on.items()))

    # ---- ways in

    async def _start_sources(self) -> None:
        status = self.state.root / DISPATCHER_STATUS
        self.metrics = Metrics(status, self.secrets)
        self._ending.callback(self.metrics.close)
        if self.options.has_eventing:
            self._report("starting the event sources")
            folder = self.options.eventing_folder
            programs = source_programs(
                folder, self.state, self.addresses, self._bootstrap, self.telemetry_url
            )
            await self._start_children(list(programs))

    async def _start_gateway(self) -> None:
        if not self.options.gateway_template.exists():
            self._report(f"no gateway: {self.options.gateway_template} is missing")
            return
        self._report("starting the gateway")
        ports = GatewayPorts(
            listen=self.addresses.gateway.port,
            admin=self.addresses.gateway_admin.port,
            upstream=self.addresses.activator.port,
            authorizer=self._port_of(_AUTHORIZER),
            socket=self._port_of(_SOCKET),
            telemetry=self.addresses.telemetry.port if self.telemetry_url else None,
        )
        template = self.options.gateway_template
        cluster = self.serving.endpoints.cluster()
        program = gateway_program(template, self.state, ports, self.certificates, cluster)
        await self._start_children([program])

    def _port_of(self, function: str) -> int:
        """The port of a Deployment; nobody listens at 1 if there is none such."""
        found = [item.port for name, item in self.always_on.items() if name.endswith(function)]
        return found[0] if found else 1

    async def _start_children(self, programs: list[Program]) -> None:
        started = [keep(program, self.state) for program in programs]
        self.children |= {child.name: child for child in started}
        self._end_together(child.stop for child in started)
        await together(*(child.start() for child in started))

    def _end_together(self, stops: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        stops = list(stops)

        async def end() -> None:
            await asyncio.gather(*(stop() for stop in stops))

        self._ending.push_async_callback(end)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])


def _ensure_bucket(store: Mapping[str, str]) -> None:
    settings = ObjectStoreSettings(
        endpoint=store["endpoint"],
        access_key=store["access-key"],
        secret_key=store["secret-key"],
        bucket=store["bucket"],
    )
    ObjectStore(settings).ensure_bucket()
