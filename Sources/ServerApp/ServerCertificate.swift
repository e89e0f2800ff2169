// The certificate of the gRPC port: loaded at the start, and again when it changes; any thread.

import Logging
import ServiceLifecycle
import TLS

/// What the port shows its clients, and the log lines about it.
struct ServerCertificate: Sendable {
    let context: TLSServerContext
    private let logger: Logger

    /// Loads the files that the settings name; nil when they name none.
    ///
    /// - Throws: `ServerError` that begins with the setting's name.
    init?(_ settings: Settings, logger: Logger) throws(ServerError) {
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else {
            return nil
        }
        self.logger = logger
        do throws(TLSError) {
            context = try TLSServerContext(
                TLSServerConfiguration(
                    certificateFile: certificate, keyFile: key, clientCAFile: settings.tlsClientCA,
                    clientCertificates: settings.tlsClientCertificates,
                    handshakeTimeout: settings.handshakeTimeout))
        } catch {
            throw ServerError(description: "\(Self.setting(error.code)): \(error.message)")
        }
    }

    /// Loads the files again; what is wrong with them is logged, and the old ones stay in force.
    func reload() {
        do throws(TLSError) {
            try context.reload()
            let certificate = context.certificate
            logger.info(
                "certificate loaded",
                metadata: [
                    "subject": "\(certificate.subject)", "expires": "\(certificate.expiry)",
                    "sha256": "\(certificate.fingerprint)",
                ])
        } catch {
            logger.error(
                "certificate not loaded: the old one stays in force",
                metadata: [
                    "setting": "\(Self.setting(error.code))", "reason": "\(error.message)",
                ])
        }
    }

    private static func setting(_ code: TLSError.Code) -> String {
        switch code {
        case .keyFile: "tls_key"
        case .authorityFile: "tls_client_ca"
        case .configuration: "tls_client_certificates"
        default: "tls_certificate"
        }
    }
}

/// Looks at the files now and then, and loads them when they have changed.
struct CertificateWatch: ServiceLifecycle.Service {
    private static let interval = Duration.seconds(2)

    let certificate: ServerCertificate

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let context = certificate.context
            var lastLook = context.currentStamps()
            while true {
                do {
                    try await Task.sleep(for: Self.interval)
                } catch {
                    return  // cancelled: the server stops
                }
                let look = context.currentStamps()
                // Certificate and key are two files: they are loaded when both are at rest.
                if look == lastLook, context.filesChanged(since: look) { certificate.reload() }
                lastLook = look
            }
        }
    }
}
