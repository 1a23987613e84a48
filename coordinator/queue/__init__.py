"""The merge queue: which branches may become part of ``main``, and in what order they are built for it."""

from coordinator.queue.certificates import Certificate, ModuleRecord, broken_certificates, certificate_key

__all__ = ["Certificate", "ModuleRecord", "broken_certificates", "certificate_key"]
