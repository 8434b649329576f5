//! Every route there is.

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{MethodRouter, delete, get, head, patch, post, put};

use super::{
    cards, download, enrol, events, guest, health, inbox, layers, me, messages, open, pages, replies, uploads,
};
use crate::problem::Refusal;
use crate::state::App;

/// Routes, and what they are called in the list that a test holds them against.
#[derive(Default)]
struct Routes {
    router: Router<App>,
    list: Vec<(&'static str, &'static str)>,
}

impl Routes {
    fn on(mut self, method: &'static str, path: &'static str, route: MethodRouter<App>) -> Self {
        self.list.push((method, path));
        self.router = self.router.route(path, route);
        self
    }

    fn get<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.on("GET", path, get(handler))
    }

    fn post<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.on("POST", path, post(handler))
    }

    fn put<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.on("PUT", path, put(handler))
    }

    fn head<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.on("HEAD", path, head(handler))
    }

    fn patch<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.on("PATCH", path, patch(handler))
    }

    fn delete<T: 'static>(self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.on("DELETE", path, delete(handler))
    }
}

fn routes() -> Routes {
    let routes = members(Routes::default());
    let routes = messages(routes);
    let routes = guests(routes);
    routes
        .get("/api/v1/inbox", inbox::list)
        .get("/api/v1/inbox/{reply}/parts/{index}", download::inbox)
        .delete("/api/v1/inbox/{reply}", inbox::remove)
        .get("/health/live", health::live)
        .get("/health/ready", health::ready)
        .get("/m/{*rest}", pages::index)
        .get("/assets/{name}", pages::asset)
}

fn members(routes: Routes) -> Routes {
    routes
        .post("/api/v1/enrolments", enrol::begin)
        .post("/api/v1/enrolments/confirm", enrol::confirm)
        .get("/api/v1/me", me::view)
        .post("/api/v1/devices/invitations", enrol::invite_device)
        .delete("/api/v1/devices/{device}", me::remove_device)
        .put("/api/v1/backup", me::put_backup)
        .get("/api/v1/backup", me::backup)
        .put("/api/v1/card", cards::publish)
        .delete("/api/v1/card", cards::withdraw)
        .get("/.well-known/zegel/cards/{card}", cards::find)
}

fn messages(routes: Routes) -> Routes {
    routes
        .put("/api/v1/messages/{message}", messages::create)
        .get("/api/v1/messages", messages::list)
        .get("/api/v1/messages/{message}", messages::view)
        .patch("/api/v1/messages/{message}", messages::extend)
        .delete("/api/v1/messages/{message}", messages::recall)
        .head("/api/v1/messages/{message}/parts/{index}", uploads::head_message)
        .patch("/api/v1/messages/{message}/parts/{index}", uploads::patch_message)
        .get("/api/v1/messages/{message}/parts/{index}", download::key_holder)
        .post("/api/v1/messages/{message}/receipts", messages::key_receipt)
        .delete("/api/v1/messages/{message}/guests/{guest}", messages::recall_guest)
        .put("/api/v1/messages/{message}/guests/{guest}/factor", messages::change_factor)
        .post("/api/v1/messages/{message}/guests/{guest}/unlock", messages::unlock)
        .get("/api/v1/events", events::stream)
}

fn guests(routes: Routes) -> Routes {
    routes
        .post("/api/v1/guest/sessions", guest::begin)
        .post("/api/v1/guest/code", guest::code)
        .post("/api/v1/guest/open", open::open)
        .get("/api/v1/guest/parts/{index}", download::guest)
        .post("/api/v1/guest/receipt", guest::receipt)
        .post("/api/v1/guest/wrong-number", guest::wrong_number)
        .get("/api/v1/guest/replies", replies::list)
        .put("/api/v1/guest/replies/{reply}", replies::create)
        .head("/api/v1/guest/replies/{reply}/parts/{index}", uploads::head_reply)
        .patch("/api/v1/guest/replies/{reply}/parts/{index}", uploads::patch_reply)
        .get("/api/v1/guest/replies/{reply}/parts/{index}", download::own_reply)
}

/// Makes the router.
pub(crate) fn router(app: &App) -> Router {
    routes()
        .router
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || Refusal::not_found())
        .layer(middleware::from_fn_with_state(App::clone(app), layers::gate))
        .layer(middleware::from_fn(layers::log))
        .layer(middleware::from_fn_with_state(App::clone(app), layers::headers))
        .with_state(App::clone(app))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list is written down: a route that nobody meant to add (T10) does not pass.
    #[test]
    fn routes_are_those_of_the_list() {
        let mut list: Vec<String> =
            routes().list.iter().map(|(method, path)| format!("{method} {path}")).collect();
        list.sort();
        let known: Vec<&str> = include_str!("routes.txt").lines().collect();
        assert_eq!(list, known);
    }
}
