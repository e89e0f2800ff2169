// Owns the settings file as read: which keys it has, their text and their lines; a value.

import Configuration
import Foundation
import Yams

/// The scalars of one YAML file by their path, with the problems of its shape.
struct SettingsFile: Sendable {
    /// The largest file that is read.
    static let maxBytes = 1 << 20

    /// The path as the operator wrote it.
    let path: String
    /// The lines of the scalars, counted from 1, by path of keys.
    private(set) var lines: [[String]: Int] = [:]
    /// The configured namespaces in the order of the file, with the line of their name.
    private(set) var namespaces: [(name: String, line: Int)] = []
    /// The pools beside `default`, in the order of the file.
    private(set) var pools: [String] = []
    /// What is wrong with the file's keys.
    private(set) var problems: [SettingsProblem] = []
    private var scalars: [AbsoluteConfigKey: ConfigValue] = [:]

    /// Reads the file at `url`, which messages call `path`.
    ///
    /// - Throws: `SettingsError` when it cannot be read or is not YAML.
    init(path: String, url: URL) throws(SettingsError) {
        try self.init(path: path, text: Self.contents(of: url, path: path))
    }

    /// Takes the file's text as given.
    ///
    /// - Throws: `SettingsError` when it is not YAML.
    init(path: String, text: String) throws(SettingsError) {
        self.path = path
        guard let root = try Self.root(of: text, path: path) else { return }
        guard case .mapping(let mapping) = root else {
            throw Self.unusable(path, "holds no mapping; write lines like `listen_port: 50051`")
        }
        let sections = [SettingsTable.namespacesKey, SettingsTable.poolsKey]
        let known = SettingsTable.rows.map(\.key) + sections
        for (key, name, value) in named(mapping, under: []) {
            if name == SettingsTable.namespacesKey {
                readNamespaces(value)
            } else if name == SettingsTable.poolsKey {
                readPools(value)
            } else if known.contains(name) {
                readScalar(value, at: [name])
            } else {
                reject(key, [name], known: known)
            }
        }
    }

    /// The values as a provider that the loader asks like the others.
    var provider: InMemoryProvider {
        InMemoryProvider(name: path, values: scalars)
    }

    /// Where the value at `keys` stands.
    func source(of keys: [String]) -> SettingSource {
        .file(path: path, line: lines[keys] ?? 1)
    }
}

extension SettingsFile {
    private mutating func readNamespaces(_ node: Node) {
        let section = SettingsTable.namespacesKey
        guard case .mapping(let mapping) = node else {
            // `namespaces:` with nothing under it means none.
            if node.null == nil { reject(node, [section], "must hold one mapping per namespace") }
            return
        }
        for (key, name, value) in named(mapping, under: [section]) {
            if let advice = Self.advice(onNamespace: name) {
                reject(key, [section, name], advice)
            } else if namespaces.count == SettingsTable.maxNamespaces {
                reject(key, [section, name], "at most \(SettingsTable.maxNamespaces) namespaces")
            } else {
                namespaces.append((name, line(of: key)))
                readNamespace(value, at: [section, name])
            }
        }
    }

    private mutating func readNamespace(_ node: Node, at path: [String]) {
        guard case .mapping(let mapping) = node else {
            if node.null == nil { reject(node, path, "must be like { ttl: 5m, eviction: lru }") }
            return
        }
        let known = SettingsTable.namespaceRows.map(\.key)
        for (key, name, value) in named(mapping, under: path) {
            if known.contains(name) {
                readScalar(value, at: path + [name])
            } else {
                reject(key, path + [name], known: known)
            }
        }
    }

    private mutating func readPools(_ node: Node) {
        let section = SettingsTable.poolsKey
        guard case .mapping(let mapping) = node else {
            if node.null == nil { reject(node, [section], "must hold one `name: url` per pool") }
            return
        }
        for (key, name, value) in named(mapping, under: [section]) {
            if !SettingName.isAllowed(name) {
                reject(key, [section, "?"], "a pool's name is 1 to 64 of A-Z a-z 0-9 _ . -")
            } else if name == Settings.defaultPool {
                reject(key, [section, name], "is the pool of redis_url; set that")
            } else if pools.count + 1 == SettingsTable.maxPools {
                reject(key, [section, name], "at most \(SettingsTable.maxPools) pools")
            } else {
                pools.append(name)
                readScalar(value, at: [section, name])
            }
        }
    }

    private mutating func readScalar(_ node: Node, at path: [String]) {
        guard case .scalar(let scalar) = node else {
            return reject(node, path, "must be one value, not a list or a mapping")
        }
        lines[path] = line(of: node)
        scalars[AbsoluteConfigKey(path)] = ConfigValue(.string(scalar.string), isSecret: false)
    }

    /// The pairs whose key is text, and a problem for each other.
    private mutating func named(
        _ mapping: Node.Mapping, under path: [String]
    ) -> [(key: Node, name: String, value: Node)] {
        mapping.compactMap { key, value in
            if let scalar = key.scalar { return (key, scalar.string, value) }
            reject(key, path + ["?"], "a key must be text")
            return nil
        }
    }

    private mutating func reject(_ node: Node, _ path: [String], known: [String]) {
        let name = path.last ?? ""
        let near = NearestName.suggestion(for: name, among: known)
        reject(node, path, "unknown setting" + near)
    }

    private mutating func reject(_ node: Node, _ path: [String], _ advice: String) {
        problems.append(
            SettingsProblem(
                setting: path.joined(separator: "."), value: nil,
                source: .file(path: self.path, line: line(of: node)), advice: advice))
    }

    private func line(of node: Node) -> Int { node.mark?.line ?? 1 }

    private static func advice(onNamespace name: String) -> String? {
        if !SettingName.isAllowed(name) { return "a namespace is 1 to 64 of A-Z a-z 0-9 _ . -" }
        guard name == "default" else { return nil }
        return "is what no namespace claims; set default_ttl, l1_max_bytes and l1_max_entries"
    }

}

extension SettingsFile {
    private static func contents(of url: URL, path: String) throws(SettingsError) -> String {
        guard let file = fopen(url.path(percentEncoded: false), "r") else {
            throw unusable(path, "cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        let data = [UInt8](unsafeUninitializedCapacity: maxBytes + 1) { buffer, count in
            count = fread(buffer.baseAddress, 1, buffer.count, file)
        }
        guard ferror(file) == 0 else {
            throw unusable(path, "cannot be read: \(String(cString: strerror(errno)))")
        }
        guard data.count <= maxBytes else {
            throw unusable(path, "is larger than \(SizeNotation.format(maxBytes))")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw unusable(path, "is not UTF-8 text")
        }
        return text
    }

    private static func root(of text: String, path: String) throws(SettingsError) -> Node? {
        do {
            guard let root = try Yams.compose(yaml: text), root.null == nil else { return nil }
            return root
        } catch {
            throw unusable(path, "is not valid YAML: \(sentence(about: error))")
        }
    }

    /// What the parser found, without the line itself: there may be a password in it.
    private static func sentence(about error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem) in line \(mark.line), column \(mark.column)"
        case .reader(let problem, _, _, _): problem
        case .duplicatedKeysInMapping(let duplicates, let context):
            "\(duplicates.sorted().joined(separator: ", ")) is there more than once"
                + " in the mapping of line \(context.mark.line)"
        case let other?: String(describing: other).replacing("\n", with: " ")
        case nil: "the parser failed"
        }
    }

    private static func unusable(_ path: String, _ advice: String) -> SettingsError {
        let problem = SettingsProblem(setting: path, value: nil, source: nil, advice: advice)
        return SettingsError(problems: [problem])
    }
}
