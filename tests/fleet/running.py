# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the device plugin share."""
import os
import signal
import subprocess
import tempfile
import time

import kubelet
import machine

messages = kubelet.Messages(
    os.path.join(machine.TOP, 'fleet', 'deviceplugin.proto'))
base = tempfile.mkdtemp(prefix='cohmem-fleet-')
counter = [0]


def sanitized(program):
    """Is it built with a sanitizer? What was freed stays for a while then."""
    with open(program, 'rb') as f:
        return b'__asan_init' in f.read()


class Run:
    """A machine, a plugin on it, and where they meet the kubelet.

    With measured=True its memory can be judged: a sanitizer keeps little of
    what was freed, which would be hundreds of megabytes else."""

    def __init__(self, program, name, *args, start=True, folder=True,
                 measured=False):
        counter[0] += 1
        self.base = os.path.join(base, str(counter[0]))
        self.root = os.path.join(self.base, 'host')
        self.folder = os.path.join(self.base, 'k')
        machine.unpack.unpack(
            os.path.join(machine.HERE, 'machines', name), self.root)
        if folder:
            os.makedirs(self.folder)
        self.args = [program, '--sysroot', self.root, '--kubelet-dir',
                     self.folder, '--interval', '1'] + list(args)
        self.log = os.path.join(self.base, 'log')
        self.env = dict(os.environ)
        if measured:
            self.env['ASAN_OPTIONS'] = ':'.join(
                [o for o in [os.environ.get('ASAN_OPTIONS')] if o] +
                ['quarantine_size_mb=1'])
        self.kubelet = None
        self.process = None
        if start:
            self.start()

    def start(self):
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                self.args, stdout=log, stderr=log, env=self.env)

    def meet(self, **kw):
        """A kubelet starts; returns what has registered there."""
        self.kubelet = kubelet.Kubelet(self.folder, messages, **kw)
        return self.kubelet.next_plugin()

    def path(self, bdf, *parts):
        return os.path.join(self.root, 'sys/bus/pci/devices', bdf, *parts)

    def put(self, bdf, name, text):
        with open(self.path(bdf, 'cohmem', name), 'w', encoding='ascii') as f:
            f.write(text + '\n')
        self.look()

    def look(self):
        self.process.send_signal(signal.SIGHUP)

    def said(self):
        with open(self.log, encoding='ascii') as f:
            return f.read()

    def wait_said(self, text, seconds=10, count=1):
        end = time.time() + seconds
        while self.said().count(text) < count:
            assert time.time() < end, '"%s" was not said:\n%s' % (
                text, self.said())
            time.sleep(0.05)

    def holder(self, pid, group, pod, prefix='/dev'):
        folder = os.path.join(self.root, 'proc', str(pid))
        os.makedirs(os.path.join(folder, 'fd'))
        with open(os.path.join(folder, 'comm'), 'w', encoding='ascii') as f:
            f.write('qemu-system-aar\n')
        with open(os.path.join(folder, 'cgroup'), 'w', encoding='ascii') as f:
            f.write('0::/%s\n' % ('kubepods.slice/kubepods-pod7.slice/cri-1'
                                  if pod else 'machine.slice/db.scope'))
        os.symlink('%s/vfio/%d' % (prefix, group), os.path.join(folder, 'fd', '9'))
        self.look()

    def end(self):
        if self.kubelet:
            self.kubelet.stop()
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        assert code == 0, 'exit status %d\n%s' % (code, self.said())
        assert 'Sanitizer' not in self.said(), self.said()
        left = [n for n in os.listdir(self.folder) if n.startswith('cohmem')] \
            if os.path.isdir(self.folder) else []
        assert not left, 'left behind: %s' % left
