// The options by which a command speaks TLS; a value.

import ArgumentParser
import TLS

/// Whether TLS is spoken, whom to trust, and who one is.
struct TLSOptions: ParsableArguments {
    @Flag(help: "Speak TLS, and trust the authorities of this system.")
    var tls = false

    @Option(
        help: ArgumentHelp("Speak TLS, and trust the authorities in this file.", valueName: "file"))
    var tlsCa: String?

    @Option(help: ArgumentHelp("Show this certificate to the server.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of that certificate.", valueName: "file"))
    var tlsKey: String?

    private var isOn: Bool { tls || tlsCa != nil }

    mutating func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
        if tlsCertificate != nil, !isOn {
            throw ValidationError("--tls-certificate goes with --tls or --tls-ca")
        }
    }

    /// What connections share; nil where TLS is off. Throws a usage failure for a bad file.
    func context() throws(CommandFailure) -> TLSClientContext? {
        guard isOn else { return nil }
        do throws(TLSError) {
            return try TLSClientContext(
                TLSClientConfiguration(
                    caFile: tlsCa, certificateFile: tlsCertificate, keyFile: tlsKey))
        } catch {
            throw .usage(error.message)
        }
    }
}
