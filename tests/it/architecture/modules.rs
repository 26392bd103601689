//! Which file depends on which, and the cycles among them.
//!
//! A path counts as a dependency on the file that defines the item, even if another file re-exports it: `super::X` in
//! `a/b.rs` depends on `a/c.rs` if `a.rs` only has `pub use c::X`, and on `a.rs` if that defines `X`. So a parent may
//! declare its children and re-export their items, but a child may not use what its parent defines if the parent's
//! own code uses the child. Code for tests isn't counted, and neither are calls of methods, which have no path.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use syn::visit::{self, Visit};
use syn::{Item, Visibility};

use super::code::{CodePath, Source, code_path, is_test_code, leaves, parse, paths_in_tokens};

type ModulePath = Vec<String>;

/// What a module contains, as far as resolving a path needs it.
#[derive(Default)]
struct Module {
    file: String,
    /// The items that it defines.
    items: BTreeSet<String>,
    imports: Vec<Import>,
}

struct Import {
    name: String,
    path: Vec<String>,
}

/// What a path leads to.
enum Target {
    Module(ModulePath),
    /// An item that this file defines.
    Item(String),
}

/// One file's use of another: the line of the first use, and the path that is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub line: usize,
    pub path: String,
}

/// The dependencies: by file, the files that it uses.
pub type Dependencies = BTreeMap<String, BTreeMap<String, Reason>>;

/// The dependencies among these files.
pub fn dependencies(sources: &[Source]) -> Dependencies {
    let parsed: BTreeMap<&str, syn::File> = sources.iter().map(|s| (s.file.as_str(), parse(&s.text))).collect();
    let mut crate_ = Crate::default();
    let root = parsed.keys().find(|file| module_path(file).is_empty());
    if let Some(root) = root {
        crate_.add(Vec::new(), root, &parsed[*root].items, &parsed);
    }
    let mut found = Dependencies::new();
    for (file, items) in parsed.iter().map(|(file, code)| (*file, &code.items)) {
        let module = module_path(file);
        // Files that only tests use, and main.rs, which nothing depends on.
        if crate_.modules.get(&module).is_none_or(|known| known.file != file) {
            continue;
        }
        let mut visitor = Visitor { crate_: &crate_, module, file, found: BTreeMap::new() };
        for item in items {
            visitor.visit_item(item);
        }
        found.insert(file.to_owned(), visitor.found);
    }
    found
}

/// `src/domain/plan.rs` is the module `domain::plan`.
fn module_path(file: &str) -> ModulePath {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    if inside == "lib" { Vec::new() } else { inside.split('/').map(str::to_owned).collect() }
}

#[derive(Default)]
struct Crate {
    modules: BTreeMap<ModulePath, Module>,
}

impl Crate {
    fn add(&mut self, path: ModulePath, file: &str, items: &[Item], parsed: &BTreeMap<&str, syn::File>) {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        for item in items.iter().filter(|item| !is_test_code(item)) {
            if let Item::Use(item) = item {
                let imports = leaves(&item.tree).into_iter().map(|leaf| Import { name: leaf.name, path: leaf.path });
                module.imports.extend(imports);
            }
            module.items.extend(name_of(item));
            let Item::Mod(child) = item else { continue };
            let child_path = [&path[..], &[child.ident.to_string()]].concat();
            if let Some((_, items)) = &child.content {
                self.add(child_path, file, items, parsed);
            } else {
                let child_file = format!("src/{}.rs", child_path.join("/"));
                if let Some(code) = parsed.get(child_file.as_str()) {
                    self.add(child_path, &child_file, &code.items, parsed);
                }
            }
        }
        self.modules.insert(path, module);
    }

    /// What a path in this module leads to; `None` if it leads to another crate, or to something that isn't an item of
    /// a module, such as a variable.
    fn resolve(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        if depth > 16 {
            return None;
        }
        let mut current = module.to_vec();
        let mut is_start = true;
        for name in path {
            match name.as_str() {
                "crate" => current = Vec::new(),
                "self" => {}
                "super" => {
                    current.pop();
                }
                name => match self.step(&current, name, depth) {
                    Some(Target::Module(next)) => current = next,
                    Some(item) => return Some(item),
                    // An unknown first name is another crate, a generic parameter, or part of the prelude.
                    None if is_start => return None,
                    None => return self.modules.get(&current).map(|known| Target::Item(known.file.clone())),
                },
            }
            is_start = false;
        }
        Some(Target::Module(current))
    }

    /// What a name in this module leads to.
    fn step(&self, module: &[String], name: &str, depth: usize) -> Option<Target> {
        let child = [module, &[name.to_owned()]].concat();
        if self.modules.contains_key(&child) {
            return Some(Target::Module(child));
        }
        let known = self.modules.get(module)?;
        if known.items.contains(name) {
            return Some(Target::Item(known.file.clone()));
        }
        if let Some(import) = known.imports.iter().find(|import| import.name == name) {
            return self.resolve(module, &import.path, depth + 1);
        }
        known.imports.iter().filter(|import| import.name == "*").find_map(|glob| {
            match self.resolve(module, &glob.path, depth + 1)? {
                Target::Module(from) if from != module => self.step(&from, name, depth + 1),
                _ => None,
            }
        })
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}

/// Collects the files that a file uses.
struct Visitor<'c> {
    crate_: &'c Crate,
    module: ModulePath,
    file: &'c str,
    found: BTreeMap<String, Reason>,
}

impl Visitor<'_> {
    fn record(&mut self, CodePath { path, line }: &CodePath) {
        if let Some(Target::Item(file)) = self.crate_.resolve(&self.module, path, 0)
            && file != self.file
        {
            self.found.entry(file).or_insert(Reason { line: *line, path: path.join("::") });
        }
    }
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        if !is_test_code(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        if matches!(item.vis, Visibility::Inherited) {
            for leaf in leaves(&item.tree) {
                self.record(&CodePath { path: leaf.path, line: leaf.line });
            }
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.record(&code_path(path));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        visit::visit_macro(self, call);
        paths_in_tokens(call.tokens.clone()).0.iter().filter(|p| p.path.len() > 1).for_each(|path| self.record(path));
    }
}

/// The shortest way from a file to another, both included.
fn way(dependencies: &Dependencies, from: &str, to: &str) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(file) = next.pop_front() {
        for used in dependencies.get(file).into_iter().flat_map(BTreeMap::keys) {
            if used == to {
                let mut way = vec![to.to_owned(), file.to_owned()];
                let mut at = file;
                while let Some(before) = came_from.get(at) {
                    at = before;
                    way.push(at.to_owned());
                }
                way.reverse();
                return Some(way);
            }
            if used != from && !came_from.contains_key(used.as_str()) {
                came_from.insert(used, file);
                next.push_back(used);
            }
        }
    }
    None
}

/// Cycles, shortest first, such that removing the last dependency of each would leave none.
pub fn cycles(dependencies: &Dependencies) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut remaining = dependencies.clone();
    loop {
        let shortest = remaining.keys().filter_map(|file| way(&remaining, file, file)).min_by_key(Vec::len);
        let Some(cycle) = shortest else { return found };
        // To find the others, one of its dependencies is removed.
        if let Some(used) = remaining.get_mut(&cycle[cycle.len() - 2]) {
            used.remove(&cycle[cycle.len() - 1]);
        }
        found.push(cycle);
    }
}

/// A cycle for people: each file with the line that uses the next one.
pub fn describe(dependencies: &Dependencies, cycle: &[String]) -> String {
    let mut text = cycle.join(" -> ");
    for pair in cycle.windows(2) {
        if let Some(Reason { line, path }) = dependencies.get(&pair[0]).and_then(|used| used.get(&pair[1])) {
            text.push_str(&format!("\n    {}:{line} uses {path}", pair[0]));
        }
    }
    text
}
