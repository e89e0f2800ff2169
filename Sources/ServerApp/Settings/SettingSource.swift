// Owns where a setting's value came from; a value.

/// Where a value in force came from.
package enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    /// Nobody set it.
    case builtIn
    /// The settings file, at a line counted from 1.
    case file(path: String, line: Int)
    /// An environment variable.
    case environment(name: String)
    /// A flag of the command line.
    case flag(name: String)

    /// The source as people read it: `default`, `cache-manager.yaml:3`, `env CACHE_TTL` or a flag.
    package var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name): "env \(name)"
        case .flag(let name): "flag \(name)"
        }
    }
}
