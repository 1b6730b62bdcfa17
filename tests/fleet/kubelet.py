# SPDX-License-Identifier: GPL-2.0-only
"""The kubelet's side of the device plugin API v1beta1, by grpcio: what its device
manager does with a plugin, in its order. Messages come from a definition that is given:
ours, or the API's own."""
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

VERSION = 'v1beta1'
SERVICE = '/v1beta1.DevicePlugin/'


class Messages:
    """The classes of a .proto file, or of descriptors, without generated code."""

    def __init__(self, proto, include=()):
        if proto.endswith('.desc'):
            with open(proto, 'rb') as f:
                self.take(f.read())
            return
        fd, out = tempfile.mkstemp(prefix='cohmem-proto-')
        os.close(fd)
        args = ['protoc', '-I' + os.path.dirname(proto)]
        if not shutil.which('protoc'):
            # It is built on the same front end.
            args = ['protoc-c', '--c_out=' + tempfile.gettempdir(),
                    '-I' + os.path.dirname(proto)]
            args[1:2] = []
        args += ['-I' + i for i in include]
        args += ['--include_imports', '--descriptor_set_out=' + out, proto]
        subprocess.run(args, check=True)
        with open(out, 'rb') as f:
            self.take(f.read())
        os.unlink(out)

    def take(self, descriptors):
        pool = descriptor_pool.DescriptorPool()
        self.files = descriptor_pb2.FileDescriptorSet.FromString(descriptors)
        for one in self.files.file:
            pool.Add(one)
        # The name of it changed between Debian 12's version and 13's.
        make = getattr(message_factory, 'GetMessageClass', None) or \
            message_factory.MessageFactory(pool).GetPrototype
        self.named = {}
        for one in self.files.file:
            if one.package != VERSION:
                continue
            for m in one.message_type:
                full = '%s.%s' % (VERSION, m.name)
                self.named[m.name] = make(
                    pool.FindMessageTypeByName(full))

    def __getattr__(self, name):
        return self.named[name]


class Plugin:
    """A plugin as the kubelet has it after a registration."""

    def __init__(self, kubelet, request):
        m = kubelet.messages
        self.kubelet = kubelet
        self.resource = request.resource_name
        self.options = request.options
        path = os.path.join(kubelet.folder, request.endpoint)
        # Kubelets before 1.26 call the host by the socket's path.
        self.channel = grpc.insecure_channel('unix:' + path, options=[
            ('grpc.default_authority', path if kubelet.old else 'localhost')])
        self.lists = queue.Queue()
        self.devices = {}
        self.nr_lists = 0
        self.ended = threading.Event()
        self.call = {}
        for method, req, res in (
                ('GetDevicePluginOptions', m.Empty, m.DevicePluginOptions),
                ('GetPreferredAllocation', m.PreferredAllocationRequest,
                 m.PreferredAllocationResponse),
                ('Allocate', m.AllocateRequest, m.AllocateResponse),
                ('PreStartContainer', m.PreStartContainerRequest,
                 m.PreStartContainerResponse)):
            self.call[method] = self.channel.unary_unary(
                SERVICE + method, request_serializer=req.SerializeToString,
                response_deserializer=res.FromString)
        watch = self.channel.unary_stream(
            SERVICE + 'ListAndWatch',
            request_serializer=m.Empty.SerializeToString,
            response_deserializer=m.ListAndWatchResponse.FromString)
        self.stream = watch(m.Empty())
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        try:
            for response in self.stream:
                self.devices = {d.ID: d for d in response.devices}
                self.nr_lists += 1
                self.lists.put(self.devices)
        except grpc.RpcError:
            pass
        self.ended.set()

    def next_list(self, timeout=15):
        """The next list that comes, {id: health}."""
        return {i: d.health for i, d in self.lists.get(timeout=timeout).items()}

    def until(self, want, timeout=20):
        """Lists until one is as wanted."""
        end = time.time() + timeout
        seen = {i: d.health for i, d in self.devices.items()}
        while not want(seen):
            left = end - time.time()
            assert left > 0, 'the last list was %s' % seen
            try:
                seen = self.next_list(min(left, 1))
            except queue.Empty:
                seen = {i: d.health for i, d in self.devices.items()}
        return seen

    def healthy(self):
        return sorted(i for i, d in self.devices.items()
                      if d.health == 'Healthy')

    def prefer(self, size, available=None, must=()):
        m = self.kubelet.messages
        one = m.ContainerPreferredAllocationRequest(
            available_deviceIDs=self.healthy() if available is None
            else available, must_include_deviceIDs=must, allocation_size=size)
        return list(self.call['GetPreferredAllocation'](
            m.PreferredAllocationRequest(container_requests=[one]),
            timeout=30).container_responses[0].deviceIDs)

    def ask(self, *containers):
        m = self.kubelet.messages
        one = []
        for ids in containers:
            r = m.ContainerAllocateRequest()
            # The field is devices_ids; in older definitions devicesIDs.
            name = r.DESCRIPTOR.fields_by_number[1].name
            getattr(r, name).extend(ids)
            one.append(r)
        return self.call['Allocate'](
            m.AllocateRequest(container_requests=one), timeout=30)

    def pre_start(self, ids):
        m = self.kubelet.messages
        r = m.PreStartContainerRequest()
        getattr(r, r.DESCRIPTOR.fields_by_number[1].name).extend(ids)
        return self.call['PreStartContainer'](r, timeout=30)

    def allocate(self, size, taken=()):
        """What the kubelet does for a container: choose, allocate, start."""
        ids = [i for i in self.healthy() if i not in taken]
        assert len(ids) >= size, 'only %s are healthy and free' % ids
        if self.options.get_preferred_allocation_available:
            ids = self.prefer(size, available=ids)
        ids = ids[:size]
        got = self.ask(ids).container_responses[0]
        if self.options.pre_start_required:
            self.pre_start(ids)
        return ids, got

    def close(self):
        self.stream.cancel()
        self.channel.close()


class Kubelet:
    """One that starts, and can be stopped."""

    def __init__(self, folder, messages, refuse=0, old=False):
        self.folder = folder
        self.messages = messages
        self.plugins = {}
        self.requests = []
        self.came = queue.Queue()
        self.refuse = refuse    # so many registrations first
        self.old = old
        os.makedirs(folder, exist_ok=True)
        # It starts with an empty folder, but for what it has written itself.
        for name in os.listdir(folder):
            if name != 'kubelet_internal_checkpoint':
                os.unlink(os.path.join(folder, name))
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
        self.server.add_generic_rpc_handlers((
            grpc.method_handlers_generic_handler('v1beta1.Registration', {
                'Register': grpc.unary_unary_rpc_method_handler(
                    self.register,
                    request_deserializer=messages.RegisterRequest.FromString,
                    response_serializer=messages.Empty.SerializeToString)}),))
        assert self.server.add_insecure_port(
            'unix:' + os.path.join(folder, 'kubelet.sock'))
        self.server.start()

    def register(self, request, context):
        self.requests.append(request)
        if self.refuse:
            self.refuse -= 1
            context.abort(grpc.StatusCode.UNKNOWN, 'not now: 100% busy')
        if request.version != VERSION:
            context.abort(grpc.StatusCode.UNKNOWN, 'unsupported version')
        domain, _, name = request.resource_name.partition('/')
        if not domain or not name or domain.endswith('kubernetes.io'):
            context.abort(grpc.StatusCode.UNKNOWN, 'invalid resource name')
        old = self.plugins.pop(request.resource_name, None)
        if old:
            old.close()
        plugin = Plugin(self, request)
        self.plugins[request.resource_name] = plugin
        self.came.put(plugin)
        return self.messages.Empty()

    def next_plugin(self, timeout=20):
        return self.came.get(timeout=timeout)

    def stop(self):
        # Nobody registers from here on.
        self.server.stop(None).wait()
        for plugin in list(self.plugins.values()):
            plugin.close()
        path = os.path.join(self.folder, 'kubelet.sock')
        if os.path.exists(path):
            os.unlink(path)
