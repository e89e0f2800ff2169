// SIGHUP: settings and certificate are loaded again; what may change at run time does; one task.

import Logging
import ServiceLifecycle
import UnixSignals

/// Applies the log level and the namespaces of a changed settings file, and loads the certificate.
struct Reloader: ServiceLifecycle.Service {
    let loaded: LoadedSettings
    let cache: CacheComposition
    let certificate: ServerCertificate?
    let output: LogOutput
    let logger: Logger
    let hangUps: UnixSignalsSequence

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var current = loaded
            for await _ in hangUps {
                current = reload(current)
                certificate?.reload()
            }
        }
    }

    private func reload(_ current: LoadedSettings) -> LoadedSettings {
        do throws(SettingsError) {
            let reload = try current.reloaded()
            let settings = reload.settings.values
            output.level = settings.logLevel
            if settings.namespaces != current.values.namespaces {
                cache.reconfigure(settings)
            }
            for warning in reload.settings.warnings where !current.warnings.contains(warning) {
                logger.warning("settings", metadata: ["hint": "\(warning)"])
            }
            let applied = reload.applied.joined(separator: ",")
            logger.info(
                "settings reloaded", metadata: ["applied": "\(applied.isEmpty ? "none" : applied)"])
            if !reload.needRestart.isEmpty {
                logger.warning(
                    "settings changed that need a restart",
                    metadata: ["settings": "\(reload.needRestart.joined(separator: ","))"])
            }
            return reload.settings
        } catch {
            logger.error(
                "settings not reloaded: the old ones stay in force",
                metadata: ["reason": "\(error)"])
            return current
        }
    }
}
